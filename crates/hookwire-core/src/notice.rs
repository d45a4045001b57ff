//! Operational notices: what Hookwire tells an org about its own endpoints and messages, as ordinary messages.

use crate::id::Key;
use crate::{
    App, AttemptKey, Endpoint, EndpointKey, EventTypeName, MessageKey, OrgId, Timestamp, Transition, Uid,
};

/// The org that owns the internal apps which carry the notices; such an app's uid is the org that it is about.
pub const NOTICES_ORG: &str = "org_00000000000SvixManagement00";
/// A message is reported as failing after this many failed attempts.
pub const FAILING_ATTEMPTS: u32 = 4;

/// The org that owns every internal app.
pub fn notices_org() -> OrgId {
    OrgId::stored(NOTICES_ORG)
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An endpoint was made.
    EndpointCreated,
    /// An endpoint was changed.
    EndpointUpdated,
    /// An endpoint was deleted.
    EndpointDeleted,
    /// An endpoint was turned off by Hookwire itself.
    EndpointDisabled {
        /// Since when everything failed; `None` when it answered 410 Gone.
        failing_since: Option<Timestamp>,
    },
    /// A message failed for the fourth time.
    AttemptFailing(MessageFacts),
    /// A message has no attempts left.
    AttemptExhausted(MessageFacts),
    /// A message that was reported as failing got through.
    AttemptRecovered(MessageFacts),
}

/// Facts about the message that a notice is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageFacts {
    /// The message.
    pub message: MessageKey,
    /// The client's own id of it.
    pub event_id: Option<Uid>,
    /// Its last attempt.
    pub attempt: AttemptKey,
    /// That attempt's status code.
    pub response_code: u16,
    /// When it was made.
    pub at: Timestamp,
}

/// Which event, if any, an attempt at a message calls for. `attempts` counts the schedule's attempts, this one included.
pub fn of_attempt(attempts: u32, transition: Transition, facts: MessageFacts) -> Option<Event> {
    match transition {
        Transition::Exhausted => Some(Event::AttemptExhausted(facts)),
        Transition::RetryAt(_) if attempts == FAILING_ATTEMPTS => Some(Event::AttemptFailing(facts)),
        Transition::Delivered if attempts > FAILING_ATTEMPTS => Some(Event::AttemptRecovered(facts)),
        _ => None,
    }
}

impl Event {
    /// The event type of the notice.
    pub fn event_type(&self) -> EventTypeName {
        EventTypeName::stored(match self {
            Self::EndpointCreated => "endpoint.created",
            Self::EndpointUpdated => "endpoint.updated",
            Self::EndpointDeleted => "endpoint.deleted",
            Self::EndpointDisabled { .. } => "endpoint.disabled",
            Self::AttemptFailing(_) => "message.attempt.failing",
            Self::AttemptExhausted(_) => "message.attempt.exhausted",
            Self::AttemptRecovered(_) => "message.attempt.recovered",
        })
    }

    /// The payload of the notice: `{"type", "data": {…}}`.
    pub fn payload(&self, app: &App, endpoint: EndpointKey, endpoint_uid: Option<&Uid>) -> String {
        let mut data = serde_json::json!({
            "appId": app.key.public(),
            "appUid": app.uid.as_ref().map(Uid::as_str),
            "endpointId": endpoint.public(),
            "endpointUid": endpoint_uid.map(Uid::as_str),
        });
        match self {
            Self::EndpointDisabled { failing_since } => {
                data["failSince"] = failing_since.map(Timestamp::to_rfc3339).into();
                data["trigger"] = "automatic".into();
            }
            Self::AttemptFailing(facts) | Self::AttemptExhausted(facts) | Self::AttemptRecovered(facts) => {
                data["msgId"] = facts.message.public().into();
                data["msgEventId"] = facts.event_id.as_ref().map(Uid::as_str).into();
                data["lastAttempt"] = serde_json::json!({
                    "id": facts.attempt.public(),
                    "responseStatusCode": facts.response_code,
                    "timestamp": facts.at.to_rfc3339(),
                });
            }
            Self::EndpointCreated | Self::EndpointUpdated | Self::EndpointDeleted => {}
        }
        serde_json::json!({ "type": self.event_type().as_str(), "data": data }).to_string()
    }

    /// The payload for an endpoint that is at hand.
    pub fn payload_of(&self, app: &App, endpoint: &Endpoint) -> String {
        self.payload(app, endpoint.key, endpoint.uid.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> MessageFacts {
        MessageFacts {
            message: MessageKey::from_raw(5),
            event_id: None,
            attempt: AttemptKey::from_raw(6),
            response_code: 500,
            at: Timestamp::from_seconds(1_790_000_000),
        }
    }

    #[test]
    fn a_message_is_reported_when_it_fails_for_the_fourth_time_and_when_it_recovers_after_that() {
        let retry = Transition::RetryAt(Timestamp::from_seconds(0));
        assert_eq!(of_attempt(3, retry, facts()), None);
        assert_eq!(of_attempt(4, retry, facts()), Some(Event::AttemptFailing(facts())));
        assert_eq!(of_attempt(5, retry, facts()), None);
        assert_eq!(of_attempt(4, Transition::Delivered, facts()), None);
        assert_eq!(of_attempt(5, Transition::Delivered, facts()), Some(Event::AttemptRecovered(facts())));
        assert_eq!(of_attempt(1, Transition::Exhausted, facts()), Some(Event::AttemptExhausted(facts())));
    }

    #[test]
    fn a_notice_names_app_endpoint_message_and_attempt() {
        let new = crate::NewApp { name: "a".to_owned(), ..crate::NewApp::default() };
        let (key, profile) = (crate::AppKey::from_raw(1), crate::ProfileName::standard());
        let app = new.into_app(key, notices_org(), profile, Timestamp::from_seconds(0));
        let text = Event::AttemptExhausted(facts()).payload(&app, EndpointKey::from_raw(2), None);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["type"], "message.attempt.exhausted");
        assert_eq!(value["data"]["msgId"], MessageKey::from_raw(5).public());
        assert_eq!(value["data"]["lastAttempt"]["responseStatusCode"], 500);
    }
}
