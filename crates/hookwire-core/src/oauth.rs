//! App webhooks over OAuth: clients that third parties register, what customers grant them, and what follows from it.
//!
//! OAuth 2.1 with the rules of RFC 6749 (the framework), 7636 (PKCE), 7009 (revocation), 7662 (introspection) and 9700
//! (security). A customer is an app of the org; its install of a client has one endpoint, which Hookwire keeps in step.

mod change;
mod client;
mod code;
mod consent;
mod form;
mod install;
mod pkce;
mod redirect;
mod scope;
mod token;

#[cfg(test)]
mod samples;

pub use change::{ClientChange, ClientError};
pub use client::{ActorMode, Client, NewClient, Subscribed};
pub use code::{Code, CodeRefusal, Presented, Redemption};
pub use consent::{ConsentError, Grant, Wish};
pub use form::form_pairs;
pub use install::Install;
pub use pkce::{Challenge, Pkce, PkceError, is_verifier};
pub use redirect::{RedirectError, RedirectUri, origin, with_parameters};
pub use scope::{OauthScope, ScopeError, WEBHOOKS_MANAGE};
pub use token::{Digest, Refreshing, Token, TokenKind, refresh};
