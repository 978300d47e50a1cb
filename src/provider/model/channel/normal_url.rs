//! URLs in the form in which they are compared. No IO.

/// A URL in the form to which RFC 3986 (6.2.2.1, 6.2.2.2, 6.2.3) brings all that are equal to it: scheme and host in lower case, without
/// the port that the scheme has anyway, no character encoded that need not be, and the path '/' instead of none. `None`: it is no http URL.
pub(crate) fn normal_url(value: &str) -> Option<String> {
    let (scheme, rest) = value.split_once("://")?;
    let scheme = scheme.to_lowercase();
    let port = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // A user's name and password keep their case.
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => format!("{user}@{}", host.to_lowercase()),
        None => authority.to_lowercase(),
    };
    let authority = authority.strip_suffix(port).or(authority.strip_suffix(':')).unwrap_or(&authority);
    let slash = if path.starts_with('/') { "" } else { "/" };
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    Some(with_decoded(&format!("{scheme}://{authority}{slash}{path}"), is_unreserved))
}

/// A text with nothing percent-encoded.
pub(crate) fn percent_decoded(text: &str) -> String {
    with_decoded(text, |_| true)
}

/// A text in which percent-encoded bytes stand for themselves if they match; the digits of the others are in upper case.
fn with_decoded(text: &str, is_decoded: impl Fn(u8) -> bool) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if is_decoded(byte) => bytes.push(byte),
            Some(byte) => bytes.extend(format!("%{byte:02X}").bytes()),
            None => bytes.push(b'%'),
        }
        bytes.extend(part.bytes().skip(digits.map_or(0, str::len)));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
