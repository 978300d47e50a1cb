//! Tokens on the command line: a flag names the environment variable that holds one. Reads the environment.

/// The token in an environment variable; `flag` is the flag that names the variable.
///
/// # Errors
/// The variable is unset or empty.
pub(crate) fn token_in(variable: &str, flag: &str) -> Result<String, String> {
    let token = std::env::var(variable).ok().map(|token| token.trim().to_owned());
    token.filter(|token| !token.is_empty()).ok_or_else(|| {
        format!("{flag}: the environment variable '{variable}' is not set or empty: put the token into it")
    })
}
