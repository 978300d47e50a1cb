//! The hosts that are reached without a proxy. No IO.

use std::net::IpAddr;

use reqwest::Url;

/// Hosts that are reached without a proxy.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Exceptions(Vec<Exception>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Exception {
    /// Each host.
    All,
    /// A name and its subdomains, in lower case, without a dot at either end.
    Name(String),
    /// The addresses whose first `bits` bits are those of `address`.
    Block { address: IpAddr, bits: u8 },
}

impl Exceptions {
    /// Reads a list that is separated by commas: names, IP addresses, CIDR blocks, or `*`.
    pub(crate) fn parse(list: &str) -> Self {
        Self(list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(Exception::parse).collect())
    }

    /// Whether the host of a URL is among them.
    pub(crate) fn contain(&self, url: &Url) -> bool {
        let host = bare(url.host_str().unwrap_or_default());
        self.0.iter().any(|exception| exception.is(&host))
    }
}

impl Exception {
    fn parse(entry: &str) -> Self {
        if entry == "*" {
            return Self::All;
        }
        let (address, bits) = entry.split_once('/').map_or((entry, None), |(address, bits)| (address, Some(bits)));
        let block = bare(address).parse::<IpAddr>().ok().and_then(|address| {
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.map_or(Some(most), |bits| bits.parse().ok().filter(|bits| *bits <= most))?;
            Some(Self::Block { address, bits })
        });
        block.unwrap_or_else(|| Self::Name(bare(entry.trim_start_matches('.'))))
    }

    fn is(&self, host: &str) -> bool {
        match self {
            Self::All => true,
            Self::Name(name) => {
                host.strip_suffix(name.as_str()).is_some_and(|before| before.is_empty() || before.ends_with('.'))
            }
            Self::Block { address, bits } => host.parse().is_ok_and(|host| shares(*address, host, *bits)),
        }
    }
}

/// A host in lower case, without the brackets of IPv6 and without the dot of the root.
fn bare(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches([']', '.']).to_ascii_lowercase()
}

/// Whether the first bits of two addresses are equal.
fn shares(one: IpAddr, other: IpAddr, bits: u8) -> bool {
    let (differing, width) = match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (u128::from(one.to_bits() ^ other.to_bits()), 32_u32),
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits() ^ other.to_bits(), 128),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
    };
    let rest = width.saturating_sub(bits.into());
    differing.checked_shr(rest).unwrap_or_default() == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_their_subdomains_and_blocks_their_addresses() {
        for (list, url, expected) in [
            ("a.example.com, 10.0.0.0/8", "https://a.example.com/x", true),
            ("a.example.com", "https://b.A.example.com:8443", true),
            ("a.example.com", "https://ba.example.com", false),
            ("a.example.com", "https://example.com", false),
            (".Example.com.", "https://example.com.", true),
            (".example.com", "https://a.example.com", true),
            ("10.0.0.0/8", "http://10.1.2.3", true),
            ("10.0.0.0/8", "http://11.1.2.3", false),
            ("10.0.0.0/8", "http://[::ffff:10.1.2.3]", false),
            ("0.0.0.0/0", "http://11.1.2.3", true),
            ("::/0", "http://[2001:db8::1]", true),
            ("127.0.0.1", "http://127.0.0.1:9", true),
            ("127.0.0.1", "http://127.0.0.2", false),
            ("2001:db8::/32,x", "http://[2001:db8:1::1]:80", true),
            ("[2001:db8::1]", "http://[2001:db8::1]", true),
            ("2001:db8::/32", "http://[2001:db9::1]", false),
            ("10.0.0.0/33", "http://10.0.0.0", false),
            ("*", "http://anything", true),
            ("", "http://a", false),
            (" , ", "http://a", false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(Exceptions::parse(list).contain(&url), expected, "{list} {url}");
        }
    }
}
