//! Texts that stand for a value which is not there: encrypted ones, and placeholders that another tool fills in. They are sent nowhere. No IO.

use crate::cli::manifest_set::secret_sources::SecretOrigin;

/// How an encrypted value of SOPS begins.
const ENCRYPTED: &str = "ENC[";
/// How references begin that other tools replace: vals, Vault, 1Password, Ansible.
const REFERENCES: [&str; 4] = ["ref+", "vault:", "op://", "$ANSIBLE_VAULT"];
/// Brackets around a whole value that other tools replace: envsubst, make, the plugins of Argo CD, Helm.
const BRACKETS: [(&str, &str); 4] = [("${", "}"), ("$(", ")"), ("<", ">"), ("{{", "}}")];
/// Words that people write until they know the value.
const WORDS: [&str; 4] = ["REPLACE_ME", "REPLACEME", "CHANGE_ME", "CHANGEME"];

/// By what a value is hidden; `None`: it is the value itself.
pub(crate) fn hidden_by(text: &str) -> Option<SecretOrigin> {
    match (is_encrypted(text), is_placeholder(text)) {
        (true, _) => Some(SecretOrigin::Encrypted),
        (false, true) => Some(SecretOrigin::Placeholder),
        (false, false) => None,
    }
}

/// Whether a value is encrypted with SOPS, or is a file that has such values.
fn is_encrypted(text: &str) -> bool {
    text.contains(ENCRYPTED)
}

/// Whether a value only stands for another one.
fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    BRACKETS.iter().any(|(begin, end)| text.starts_with(begin) && text.ends_with(end))
        || REFERENCES.iter().any(|reference| text.starts_with(reference))
        || WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_value_is_no_value() {
        for text in [
            "${PINGHOME_TOKEN}",
            "$(TOKEN)",
            "<path:secret/data/ping#token>",
            "{{ .Values.token }}",
            " vault:secret/x\n",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["ref+vault://x", "op://a/b", "$ANSIBLE_VAULT;1.1;AES256", "replace_me", "CHANGEME"] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["ENC[AES256_GCM,data:x]", "{\"data\":\"ENC[AES256_GCM\"}", "token: ENC[x"] {
            assert!(is_encrypted(text), "{text}");
        }
        for text in ["token-a", "https://example.com/${id}", "a<b>", "{}", "", "eyJhbGciOi.x.y", "$2a$10$abc"] {
            assert!(!is_placeholder(text) && !is_encrypted(text), "{text}");
        }
    }
}
