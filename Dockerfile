# The image of canary-app and canaryctl: built on Debian 12, shipped as two programs and what they link to.
# Build it with `make image` (tools/image), which sets the arguments below.
FROM debian:bookworm-slim AS build
WORKDIR /src
COPY tools/packages.txt tools/deps tools/
RUN tools/deps build
COPY . .
ARG SOURCE_DATE_EPOCH=0
# The compiler's cache outlives the build; tools/image lends that of the machine where it can, and with the options and
# relative paths of `make build` what was compiled there is found again.
ARG CCACHE_DIR=/root/.cache/ccache
ENV CCACHE_BASEDIR=/src CCACHE_NOHASHDIR=1 CCACHE_COMPILERCHECK=content CCACHE_SLOPPINESS=pch_defines,time_macros,locale
RUN --mount=type=cache,target=/root/.cache/ccache CCACHE_DIR="$CCACHE_DIR" sh -c 'meson setup build -Dwerror=true -Ddebug=false --strip \
 -Dtests=disabled -Dexamples=disabled && ninja -C build -j "$(nproc)" app/canary-app canaryctl/canaryctl'
RUN tools/image-root /image build/app/canary-app build/canaryctl/canaryctl

FROM scratch
COPY --from=build /image/ /
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="canary-demo" \
      org.opencontainers.image.description="A service that shows its version as a colour, and canaryctl, which measures its canary release" \
      org.opencontainers.image.licenses="BSL-1.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
USER 65532:65532
EXPOSE 8080 8081
ENTRYPOINT ["/canary-app"]
