//! What every request to an endpoint has in common, made once for each version of the endpoint.

use std::sync::Arc;

use hookwire_core::Endpoint;
use hookwire_core::address::AddressPolicy;
use hookwire_core::target::TargetUrl;
use hookwire_outbound::HeaderList;

/// An endpoint, made ready to be called.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The endpoint that it was made from.
    pub(crate) endpoint: Arc<Endpoint>,
    /// Where to call, or why that is not allowed.
    pub(crate) target: Result<Arc<TargetUrl>, String>,
    /// Headers that never change: custom headers and `User-Agent`.
    pub(crate) headers: HeaderList,
}

impl Prepared {
    /// Parses the URL and lays out the headers.
    pub(crate) fn new(
        endpoint: Arc<Endpoint>,
        policy: &AddressPolicy,
        https_only: bool,
        user_agent: &str,
    ) -> Self {
        let target = TargetUrl::parse(&endpoint.url, policy, https_only)
            .map(Arc::new)
            .map_err(|error| error.to_string());
        let custom = endpoint.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers = HeaderList::from_pairs(std::iter::once(("user-agent", user_agent)).chain(custom));
        match headers {
            Ok(headers) => Self { endpoint, target, headers },
            Err(error) => {
                let target = target.and(Err(format!("a custom header can't be sent: {error}")));
                Self { endpoint, target, headers: HeaderList::new() }
            }
        }
    }
}
