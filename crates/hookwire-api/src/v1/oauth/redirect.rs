//! Back to the client: the redirect URI with what came of its request.

use hookwire_core::oauth::with_parameters;

use super::grant::Asked;

/// Where to go with a code.
pub(super) fn with_code(asked: &Asked, code: &str) -> String {
    with(asked, &[("code", code)])
}

/// Where to go with an error (RFC 6749, 4.1.2.1).
pub(super) fn with_error(asked: &Asked, error: &str, description: &str) -> String {
    with(asked, &[("error", error), ("error_description", description)])
}

fn with(asked: &Asked, pairs: &[(&str, &str)]) -> String {
    let state = asked.state.as_deref().map(|state| ("state", state));
    let pairs: Vec<_> = pairs.iter().copied().chain(state).collect();
    with_parameters(&asked.redirect_uri, &pairs)
}
