//! Whether the clock of this machine is that of the API server: ages, and the lives of Leases, are told by it.

use axum::http::Request;
use jiff::{SignedDuration, Timestamp};
use kube::client::Body;

use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::cluster::trouble::ClusterRequest;
use crate::cli::kubectl::check::line::{CheckLine, CheckResult};

const TOPIC: &str = "clock";
/// So far the clocks may be apart: the header has whole seconds, and the answer takes a while.
const APART: SignedDuration = SignedDuration::from_secs(5);

/// The difference of the clocks. It is also the first request: whether the API server answers.
///
/// # Errors
/// It does not.
pub(crate) async fn line(cluster: &ClusterObjects) -> Result<CheckLine, String> {
    let request = Request::get("/version").body(Body::empty()).map_err(|error| error.to_string())?;
    let asked = ClusterRequest::new("get", "/version", None);
    let answer = cluster.check(asked, cluster.client.send(request).await).map_err(|trouble| trouble.to_string())?;
    let date = answer.headers().get("date").and_then(|date| date.to_str().ok());
    Ok(told(date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()).map(|date| date.timestamp()), Timestamp::now()))
}

fn told(theirs: Option<Timestamp>, ours: Timestamp) -> CheckLine {
    let Some(theirs) = theirs else {
        let message = "the API server does not tell the time".to_owned();
        return CheckLine { topic: TOPIC, result: CheckResult::Unknown, message, action: None };
    };
    let apart = ours.duration_since(theirs);
    if apart.abs() <= APART {
        return CheckLine::ok(TOPIC, "this machine and the API server agree");
    }
    let way = if apart.is_negative() { "behind" } else { "ahead of" };
    let message = format!("this machine is {} s {way} the API server", apart.abs().as_secs());
    CheckLine::bad(
        TOPIC,
        CheckResult::Warning,
        message,
        "let NTP set both clocks; ages that this command tells are wrong by that",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_are_apart_are_told() {
        let at = Timestamp::constant;
        assert_eq!(told(Some(at(100, 0)), at(103, 0)).result, CheckResult::Ok);
        assert_eq!(told(Some(at(100, 0)), at(130, 0)).message, "this machine is 30 s ahead of the API server");
        assert!(told(Some(at(130, 0)), at(100, 0)).message.contains("30 s behind"));
        assert_eq!(told(None, at(1, 0)).result, CheckResult::Unknown);
    }
}
