//! The URL of the next page of a list. Only a query is taken from a link: scheme, host, port and path stay those of the call, so a
//! token can go nowhere else. No IO.

use reqwest::Url;

use crate::provider::envelope::Turn;
use crate::provider::request::Request;

/// The URL of a further page of the list that a request reads at `first`; `None` if a link leads to another scheme, host, port or
/// path.
pub(crate) fn url(first: &Url, request: &Request, turn: &Turn) -> Option<Url> {
    let mut url = first.clone();
    match turn {
        Turn::Parameter { name, value } => drop(url.query_pairs_mut().append_pair(name, value)),
        Turn::Link(link) => {
            let target = target(first, link)?;
            // A link need not know of a prefix that the config's endpoint has.
            if target.path() != first.path() && target.path() != request.path {
                return None;
            }
            url.set_query(target.query());
            // A link that leaves out what was asked for does not lift it.
            for (name, value) in &request.query {
                if !target.query_pairs().any(|(known, _)| known == *name) {
                    url.query_pairs_mut().append_pair(name, value);
                }
            }
        }
    }
    Some(url)
}

/// Where a link leads to, if that is at the same scheme, host and port.
fn target(first: &Url, link: &str) -> Option<Url> {
    // A backslash is a slash to some parsers and part of a name to others.
    if link.contains('\\') {
        return None;
    }
    let target = first.join(link).ok()?;
    let is_same = target.scheme() == first.scheme()
        && target.host_str() == first.host_str()
        && target.port_or_known_default() == first.port_or_known_default()
        && target.username().is_empty()
        && target.password().is_none();
    is_same.then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::model::ids::{ChannelOwner, TeamId};
    use crate::provider::pinghome::call::PinghomeCall;

    fn next(link: &str) -> Option<String> {
        let first = Url::parse("https://api.example.com/prefix/v1/teams").unwrap();
        let turn = Turn::Link(link.to_owned());
        url(&first, &PinghomeCall::ListTeams.request(), &turn).map(|url| url.to_string())
    }

    #[test]
    fn a_link_to_the_same_list_is_followed() {
        for link in [
            "https://api.example.com/prefix/v1/teams?page=2",
            "https://API.example.com:443/prefix/v1/teams?page=2#end",
            "//api.example.com/prefix/v1/teams?page=2",
            "/prefix/v1/teams?page=2",
            "/v1/teams?page=2",
            "https://api.example.com/v1/teams?page=2",
            "?page=2",
            "teams?page=2",
        ] {
            assert_eq!(next(link).as_deref(), Some("https://api.example.com/prefix/v1/teams?page=2"), "{link}");
        }
    }

    #[test]
    fn a_link_to_anywhere_else_is_not() {
        for link in [
            "",
            "https://evil.example/prefix/v1/teams?page=2",
            "//evil.example/prefix/v1/teams?page=2",
            "http://api.example.com/prefix/v1/teams?page=2",
            "https://api.example.com:8443/prefix/v1/teams?page=2",
            "https://user@api.example.com/prefix/v1/teams?page=2",
            "https://api.example.com@evil.example/prefix/v1/teams?page=2",
            "https://api.example.com.evil.example/prefix/v1/teams?page=2",
            "https://api.example.com\\@evil.example/prefix/v1/teams?page=2",
            "\\\\evil.example/prefix/v1/teams?page=2",
            "/prefix/v1/customer?page=2",
            "/prefix/v1/teams/../customer?page=2",
            "../../admin?page=2",
            "file:///prefix/v1/teams?page=2",
        ] {
            let to = next(link);
            // An empty link leads to the first page again, which is seen as one that was read before.
            let is_same = link.is_empty() && to.as_deref() == Some("https://api.example.com/prefix/v1/teams");
            assert!(to.is_none() || is_same, "{link}: {to:?}");
        }
    }

    #[test]
    fn a_parameter_is_added_and_what_was_asked_for_stays() {
        let owner = ChannelOwner::Team(TeamId::parse("t1").unwrap());
        let call = PinghomeCall::ListChannels { owner, include: vec!["sms".to_owned()], exclude: vec![] };
        let first = Url::parse("https://h/channels?include_types=sms").unwrap();
        let to = |turn: Turn| url(&first, &call.request(), &turn).map(|url| url.to_string());
        let parameter = Turn::Parameter { name: "cursor", value: "a&b=/".to_owned() };
        assert_eq!(to(parameter).as_deref(), Some("https://h/channels?include_types=sms&cursor=a%26b%3D%2F"));
        let link = Turn::Link("/channels?page=2".to_owned());
        assert_eq!(to(link).as_deref(), Some("https://h/channels?page=2&include_types=sms"));
    }
}
