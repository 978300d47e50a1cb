//! The values of flags and of their variables: each is parsed at start, and what is wrong is one sentence. No IO.

pub(crate) mod selector;

use std::net::SocketAddr;

use reqwest::Url;

/// The values of one flag that takes a comma-separated list: trimmed, without empty ones.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ValueList(pub(crate) Vec<String>);

/// All values of a flag that may be repeated: each once, in order.
pub(crate) fn unique(lists: Vec<ValueList>) -> Vec<String> {
    let mut all = Vec::new();
    for value in lists.into_iter().flat_map(|ValueList(values)| values) {
        if !all.contains(&value) {
            all.push(value);
        }
    }
    all
}

fn list(text: &str, item: fn(&str) -> Result<String, String>) -> Result<ValueList, String> {
    let items = text.split(',').map(str::trim).filter(|value| !value.is_empty());
    items.map(item).collect::<Result<_, _>>().map(ValueList)
}

/// Names of namespaces.
pub(crate) fn namespaces(text: &str) -> Result<ValueList, String> {
    list(text, namespace)
}

/// The name of a namespace: a DNS label of RFC 1123.
pub(crate) fn namespace(text: &str) -> Result<String, String> {
    let name = text.trim();
    if is_dns_label(name) && name.len() <= 63 {
        return Ok(name.to_owned());
    }
    Err(format!(
        "'{name}' is no name of a namespace: 1 to 63 lower-case letters, digits and '-', a letter or digit first and last"
    ))
}

/// The name of a Lease: a DNS subdomain of RFC 1123.
pub(crate) fn lease_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.len() <= 253 && name.split('.').all(is_dns_label) {
        return Ok(name.to_owned());
    }
    Err(format!(
        "'{name}' is no name of a Lease: 1 to 253 lower-case letters, digits, '-' and '.', a letter or digit first and last in each part"
    ))
}

/// Hosts of `--allow-endpoint`.
pub(crate) fn endpoints(text: &str) -> Result<ValueList, String> {
    list(text, endpoint)
}

/// A host, or host:port, as URLs show it: in lower case, names in their ASCII form.
fn endpoint(text: &str) -> Result<String, String> {
    let wrong = || {
        format!(
            "'{text}' is no host: a name, an IPv4 address or an IPv6 address in brackets, with ':port' or without, and nothing else"
        )
    };
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port.parse::<u16>().map_err(|_| wrong())?)),
        _ => (text, None),
    };
    let is_ipv6 = host.starts_with('[') && host.ends_with(']');
    let has_other_parts = host.contains(|letter: char| letter.is_whitespace() || "\\/@:?#*".contains(letter));
    let url = Url::parse(&format!("http://{host}/")).ok().filter(|_| is_ipv6 || !has_other_parts).ok_or_else(wrong)?;
    let shown = url.host_str().filter(|_| url.username().is_empty()).ok_or_else(wrong)?;
    Ok(port.map_or_else(|| shown.to_owned(), |port| format!("{shown}:{port}")))
}

/// An IP address with a port.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("'{text}' is no address: an IP address with a port, such as 127.0.0.1:8080 or [::]:8080"))
}

fn is_dns_label(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_inner) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_trimmed_and_unique() {
        let parsed = |texts: &[&str]| unique(texts.iter().map(|text| namespaces(text).unwrap()).collect());
        assert_eq!(parsed(&["a, b ,a,", "b,c-1"]), ["a", "b", "c-1"]);
        assert_eq!(parsed(&[""]), Vec::<String>::new());
        for wrong in ["A", "a_b", "-a", "a-", "a.b", "a b", "ä", &"a".repeat(64), "a;b", "a/b"] {
            let error = namespaces(&format!("x,{wrong}")).unwrap_err();
            assert!(error.contains(wrong) && error.contains("lower-case"), "{error}");
        }
    }

    #[test]
    fn an_endpoint_is_a_host_and_perhaps_a_port() {
        for (text, expected) in [
            ("Api.Example.com", "api.example.com"),
            ("api.example.com:443", "api.example.com:443"),
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("[::1]", "[::1]"),
            ("[0:0::1]:8080", "[::1]:8080"),
            ("bücher.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(endpoint(text).as_deref(), Ok(expected), "{text}");
        }
        for wrong in [
            "https://api.example.com",
            "api.example.com/v1",
            "api.example.com:",
            "api.example.com:99999",
            "api.example.com:http",
            "user@api.example.com",
            "a b",
            "::1",
            ":80",
            "*",
            "api.example.com?x",
            "api.example.com#x",
            "api\\example.com",
            "[::1",
            "[::1]x]",
            "[::1]@x]",
            "a\tb",
        ] {
            let parsed = endpoint(wrong);
            assert!(parsed.is_err(), "{wrong}: {parsed:?}");
        }
    }

    #[test]
    fn the_name_of_a_lease_is_a_dns_subdomain() {
        for right in ["ping-operator", "a.b-c", "1"] {
            assert_eq!(lease_name(right).as_deref(), Ok(right));
        }
        for wrong in ["", "a..b", "A", "a/b", "-a", ".a", &"a".repeat(254)] {
            assert!(lease_name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_has_a_port() {
        assert!(address("[::]:8080").is_ok() && address("0.0.0.0:0").is_ok());
        for wrong in ["8080", ":8080", "localhost:8080", "::1", "127.0.0.1", "127.0.0.1:99999", ""] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
