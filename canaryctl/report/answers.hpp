// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "canaryctl/report/measurements.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace canaryctl {

/// The answers of a run on a cluster, in the shape of docs/answers.cluster.schema.json: counts as they were measured,
/// and every derived number (shares, intervals, sums, budget) worked out from them here. A step that was not run leaves
/// its part out; without any the document is empty.
boost::json::object cluster_answers(const measurements& run);

/// What the numbers say, one plain sentence each, for a document made by cluster_answers.
boost::json::array observations(const boost::json::object& answers);

}  // namespace canaryctl
