//! The two text formats that Prometheus reads. The library writes `OpenMetrics`; the classic format is made from that. No IO.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// A text format.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TextFormat {
    /// `OpenMetrics` 1.0.0.
    OpenMetrics,
    /// Prometheus' own, version 0.0.4: every version of Prometheus and every agent reads it.
    Classic,
}

impl TextFormat {
    /// The format that a client prefers: `OpenMetrics` if it asks for that by name, and for nothing of more weight; else the classic one.
    pub(crate) fn asked_for(headers: &HeaderMap) -> Self {
        let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let (mut open_metrics, mut classic) = (0.0_f32, 0.0_f32);
        for range in accepted.flat_map(|value| value.split(',')) {
            let mut parts = range.split(';').map(str::trim);
            let weighed = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "application/openmetrics-text" => &mut open_metrics,
                "text/plain" => &mut classic,
                _ => continue,
            };
            *weighed = weighed.max(weight(parts));
        }
        if open_metrics > 0.0 && open_metrics >= classic { Self::OpenMetrics } else { Self::Classic }
    }

    /// The header `Content-Type`.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Classic => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// An exposition in this format.
    pub(crate) fn of(self, open_metrics: String) -> String {
        match self {
            Self::OpenMetrics => open_metrics,
            Self::Classic => classic(&open_metrics),
        }
    }
}

/// The weight among the parameters of a media range.
fn weight<'a>(parameters: impl Iterator<Item = &'a str>) -> f32 {
    let weights = parameters.filter_map(|parameter| parameter.strip_prefix("q="));
    // A text that is no weight: the client says nothing by it.
    weights.last().map_or(1.0, |text| text.parse().unwrap_or(1.0))
}

/// `OpenMetrics` as the classic format: samples are the same, and families are named as their samples are.
fn classic(open_metrics: &str) -> String {
    let (mut text, mut help) = (String::with_capacity(open_metrics.len()), "");
    for line in open_metrics.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ').map_or("", |(_, help)| help);
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            let (suffix, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                "stateset" => ("", "gauge"),
                "gauge" | "histogram" | "summary" => ("", kind),
                _ => ("", "untyped"),
            };
            text.extend(["# HELP ", name, suffix, " ", help, "\n# TYPE ", name, suffix, " ", kind, "\n"]);
        } else if !line.starts_with('#') {
            text.extend([line, "\n"]);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_for(accept: &[&'static str]) -> TextFormat {
        let headers = accept.iter().map(|value| (ACCEPT, axum::http::HeaderValue::from_static(value)));
        TextFormat::asked_for(&headers.collect())
    }

    #[test]
    fn openmetrics_is_for_those_who_ask_for_it_and_for_nothing_of_more_weight() {
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
                          text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        let without = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.5,\
                       text/plain;version=0.0.4;q=0.4,*/*;q=0.2";
        for (accept, expected) in [
            (&[prometheus][..], TextFormat::OpenMetrics),
            (&["Application/OpenMetrics-Text"], TextFormat::OpenMetrics),
            (&["text/html", "application/openmetrics-text; version=1.0.0"], TextFormat::OpenMetrics),
            (&[without], TextFormat::Classic),
            (&["text/plain, application/openmetrics-text;q=0.5"], TextFormat::Classic),
            (&["application/openmetrics-text;q=0"], TextFormat::Classic),
            (&["*/*"], TextFormat::Classic),
            (&["application/json;q=nonsense,,;"], TextFormat::Classic),
            (&[], TextFormat::Classic),
        ] {
            assert_eq!(asked_for(accept), expected, "{accept:?}");
        }
    }

    #[test]
    fn the_classic_format_names_families_as_their_samples_and_has_no_units_and_no_end() {
        let open_metrics = "# HELP writes Writes, all of them.\n# TYPE writes counter\nwrites_total{a=\"# EOF\"} 1\n\
                            # HELP cpu_seconds CPU.\n# TYPE cpu_seconds gauge\n# UNIT cpu_seconds seconds\ncpu_seconds 0.5\n\
                            # HELP build Build.\n# TYPE build info\nbuild_info{version=\"1\"} 1\n\
                            # HELP took Took.\n# TYPE took histogram\ntook_sum 1.0\ntook_count 1\ntook_bucket{le=\"+Inf\"} 1\n\
                            # HELP other Other.\n# TYPE other unknown\nother 1\n# EOF\n";
        let expected = "# HELP writes_total Writes, all of them.\n# TYPE writes_total counter\nwrites_total{a=\"# EOF\"} 1\n\
                        # HELP cpu_seconds CPU.\n# TYPE cpu_seconds gauge\ncpu_seconds 0.5\n\
                        # HELP build_info Build.\n# TYPE build_info gauge\nbuild_info{version=\"1\"} 1\n\
                        # HELP took Took.\n# TYPE took histogram\ntook_sum 1.0\ntook_count 1\ntook_bucket{le=\"+Inf\"} 1\n\
                        # HELP other Other.\n# TYPE other untyped\nother 1\n";
        assert_eq!(TextFormat::Classic.of(open_metrics.to_owned()), expected);
        assert_eq!(TextFormat::OpenMetrics.of(open_metrics.to_owned()), open_metrics);
    }
}
