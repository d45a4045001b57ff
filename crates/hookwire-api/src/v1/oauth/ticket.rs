//! What a consent page carries to the decision: sealed, so that nobody else can make, read or change one.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hookwire_core::id::Key;
use hookwire_core::{AppKey, OrgId, Timestamp};
use hookwire_store::Vault;
use serde::{Deserialize, Serialize};

use super::grant::{Asked, Consenter};

/// How long a page can be decided upon.
const LIFETIME: Duration = Duration::from_mins(10);
/// What tickets are sealed for.
const ROW: &str = "oauth/ticket";

/// Who was asked for what. The decision is about nothing else.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ticket {
    org: String,
    app: i64,
    user: String,
    expires: i64,
    pub(super) asked: Asked,
}

impl Ticket {
    /// A ticket for this user, who is shown the page now.
    pub(super) fn new(by: &Consenter, asked: Asked, now: Timestamp) -> Self {
        let expires = now.plus(LIFETIME).micros();
        Self { org: by.org.as_str().to_owned(), app: by.app.raw(), user: by.user.clone(), expires, asked }
    }

    /// Who decides.
    pub(super) fn consenter(&self) -> Consenter {
        let org = OrgId::stored(&self.org);
        Consenter { org, app: AppKey::from_raw(self.app), user: self.user.clone() }
    }

    /// Its text.
    pub(super) fn seal(&self, vault: &Vault) -> String {
        let words = serde_json::to_vec(self).expect("strings and numbers are JSON");
        URL_SAFE_NO_PAD.encode(vault.seal(&words, ROW))
    }

    /// Reads a text; `None` when it is none of ours, or its time is up.
    pub(super) fn open(text: &str, vault: &Vault, now: Timestamp) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let words = vault.open(&sealed, ROW).ok()?;
        let ticket: Self = serde_json::from_slice(&words).ok()?;
        (ticket.expires > now.micros()).then_some(ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_for_this_server_its_words_and_its_time() {
        let now = Timestamp::from_seconds(1_790_000_000);
        let by = Consenter { org: OrgId::stored("org_a"), app: AppKey::from_raw(5), user: "u1".to_owned() };
        let asked = Asked { client_id: "foapp_x".to_owned(), ..Asked::default() };
        let vault = Vault::new("main");
        let text = Ticket::new(&by, asked, now).seal(&vault);
        let opened = Ticket::open(&text, &vault, now).unwrap();
        assert_eq!((opened.asked.client_id.as_str(), opened.consenter().app), ("foapp_x", by.app));
        assert!(Ticket::open(&text, &vault, now.plus(LIFETIME)).is_none());
        assert!(Ticket::open(&text, &Vault::new("other"), now).is_none());
        assert!(Ticket::open(&text[1..], &vault, now).is_none());
        assert!(Ticket::open("", &vault, now).is_none());
    }
}
