//! `Code`: an authorisation code, and whether it may be redeemed.

use super::{Client, Grant};
use crate::{AppKey, ClientKey, InstallKey, OrgId, Timestamp};

/// A code as it is remembered. The code itself is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The client that it is for.
    pub client: ClientKey,
    /// The org.
    pub org: OrgId,
    /// The app that consented.
    pub app: AppKey,
    /// Who consented.
    pub user: String,
    /// To what.
    pub grant: Grant,
    /// When.
    pub issued: Timestamp,
    /// Until when it can be redeemed.
    pub expires: Timestamp,
    /// The install that came of it, once it was redeemed.
    pub used_by: Option<InstallKey>,
}

/// What a client shows when it redeems a code. Who it is was checked before.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'a> {
    /// The client.
    pub client: ClientKey,
    /// `redirect_uri`.
    pub redirect_uri: Option<&'a str>,
    /// `code_verifier`.
    pub verifier: Option<&'a str>,
}

/// What follows from a code that is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redemption {
    /// It is redeemed.
    Granted,
    /// It was redeemed before: what came of that is revoked (RFC 6749, 4.1.2).
    Replayed(InstallKey),
    /// It is refused, and nothing else changes.
    Refused(CodeRefusal),
}

/// Why a code is refused. Clients are told `invalid_grant` and this sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeRefusal {
    /// Never issued, expired, or another client's: which of them is nobody's business.
    #[error("the code is not valid")]
    Invalid,
    /// Another redirect URI than the code was asked for with, or none.
    #[error("redirect_uri is not the one that the code was issued for")]
    RedirectUri,
    /// The verifier does not belong to the challenge, or is missing.
    #[error("code_verifier does not match the code_challenge")]
    Verifier,
    /// A verifier though there was no challenge: somebody took it out (RFC 9700, 4.8).
    #[error("the code was issued without a code_challenge")]
    Downgrade,
}

impl Code {
    /// What follows when it is presented.
    pub fn redeem(&self, client: &Client, presented: Presented<'_>, now: Timestamp) -> Redemption {
        if presented.client != self.client || client.key != self.client || client.is_suspended() {
            return Redemption::Refused(CodeRefusal::Invalid);
        }
        if let Some(install) = self.used_by {
            return Redemption::Replayed(install);
        }
        if self.expires <= now {
            return Redemption::Refused(CodeRefusal::Invalid);
        }
        // Exact also where a loopback port could have been any, and still registered.
        let is_same = presented.redirect_uri == Some(self.grant.redirect_uri.as_str());
        if !is_same || !client.may_redirect_to(&self.grant.redirect_uri) {
            return Redemption::Refused(CodeRefusal::RedirectUri);
        }
        match (&self.grant.challenge, presented.verifier) {
            (Some(challenge), Some(verifier)) if challenge.is_met_by(verifier) => Redemption::Granted,
            (None, None) if !client.is_public() => Redemption::Granted,
            (None, Some(_)) => Redemption::Refused(CodeRefusal::Downgrade),
            _ => Redemption::Refused(CodeRefusal::Verifier),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::samples::{CREATED, client, code, public_client};
    use super::super::{Challenge, Grant};
    use super::*;
    use crate::id::Key as _;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const NOW: Timestamp = CREATED.plus(Duration::from_mins(1));

    fn presented() -> Presented<'static> {
        Presented { client: client().key, redirect_uri: Some("https://myapp.com/callback"), verifier: None }
    }

    fn challenged() -> Code {
        let code = code();
        Code { grant: Grant { challenge: Some(Challenge::of(VERIFIER)), ..code.grant.clone() }, ..code }
    }

    fn refused(why: CodeRefusal) -> Redemption {
        Redemption::Refused(why)
    }

    #[test]
    fn a_code_is_for_its_client_its_uri_and_its_time() {
        let (code, client) = (code(), client());
        assert_eq!(code.redeem(&client, presented(), NOW), Redemption::Granted);
        assert_eq!(code.redeem(&client, presented(), code.expires), refused(CodeRefusal::Invalid));
        let other = Presented { client: ClientKey::from_raw(999), ..presented() };
        assert_eq!(code.redeem(&client, other, NOW), refused(CodeRefusal::Invalid));
        for redirect_uri in [None, Some("https://myapp.com/callback/"), Some("https://myapp.com/other")] {
            let elsewhere = Presented { redirect_uri, ..presented() };
            assert_eq!(code.redeem(&client, elsewhere, NOW), refused(CodeRefusal::RedirectUri));
        }
        let suspended = Client { suspended: true, ..client.clone() };
        assert_eq!(code.redeem(&suspended, presented(), NOW), refused(CodeRefusal::Invalid));
        let moved = Client { redirect_uris: Vec::new(), ..client };
        assert_eq!(code.redeem(&moved, presented(), NOW), refused(CodeRefusal::RedirectUri));
    }

    #[test]
    fn a_second_use_is_a_replay_but_only_by_its_own_client() {
        let install = InstallKey::from_raw(7);
        let used = Code { used_by: Some(install), ..code() };
        assert_eq!(used.redeem(&client(), presented(), NOW), Redemption::Replayed(install));
        let other = Presented { client: ClientKey::from_raw(999), ..presented() };
        assert_eq!(used.redeem(&client(), other, NOW), refused(CodeRefusal::Invalid));
    }

    #[test]
    fn a_challenge_must_be_met_and_can_not_be_taken_away() {
        let with = |verifier| Presented { verifier, ..presented() };
        let client = client();
        assert_eq!(challenged().redeem(&client, with(Some(VERIFIER)), NOW), Redemption::Granted);
        let wrong = VERIFIER.replace('d', "e");
        for verifier in [None, Some(""), Some(wrong.as_str())] {
            assert_eq!(challenged().redeem(&client, with(verifier), NOW), refused(CodeRefusal::Verifier));
        }
        assert_eq!(code().redeem(&client, with(Some(VERIFIER)), NOW), refused(CodeRefusal::Downgrade));
        assert_eq!(code().redeem(&public_client(), with(None), NOW), refused(CodeRefusal::Verifier));
    }
}
