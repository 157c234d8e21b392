// Asks again and again which version answers, and shows the last answers. The page tells everything else without it.
"use strict";
(() => {
  const kept = 30, period = 2000;
  const answers = [];
  const show = () => {
    const counts = new Map();
    document.getElementById("answers").replaceChildren(...answers.map(({ version, color }) => {
      counts.set(version, (counts.get(version) ?? 0) + 1);
      const box = document.createElement("span");
      box.title = version;
      if (color) box.style.backgroundColor = color; else box.className = "failed";
      return box;
    }));
    document.getElementById("shares").textContent = `Of the last ${answers.length} answers: ` +
      [...counts].sort().map(([version, n]) => `${version} ${n}`).join(", ");
    document.getElementById("live").hidden = false;
  };
  const ask = async () => {
    let answer = { version: "failed", color: "" };
    try {
      const got = await fetch("/api/info", { cache: "no-store", signal: AbortSignal.timeout(period) });
      if (got.ok) answer = await got.json();
    } catch { /* shown as a failed answer */ }
    answers.push(answer);
    if (answers.length > kept) answers.shift();
    show();
  };
  setInterval(() => { if (!document.hidden) ask(); }, period);
})();
