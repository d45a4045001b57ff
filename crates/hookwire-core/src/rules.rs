//! `Rules`: how an endpoint's requests look and how its deliveries go. What is `None` is as the org's profile has it.

mod tls;

use std::sync::Arc;
use std::time::Duration;

pub use tls::Tls;

use crate::app::set;
use crate::filter::Filter;
use crate::retry::RetryPolicy;
use crate::status::StatusSet;

/// The rules of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// The request's method.
    pub method: Method,
    /// The `Content-Type` sent.
    pub content_type: Option<String>,
    /// The source of a Mustache template that makes the body.
    pub body_template: Option<String>,
    /// When to try again.
    pub retry: Option<RetryPolicy>,
    /// Which statuses count as success.
    pub success: Option<StatusSet>,
    /// The deadline of one attempt.
    pub timeout: Option<Duration>,
    /// Whom to trust, and how to identify ourselves.
    pub tls: Option<Tls>,
    /// Only messages whose payload matches.
    pub filter: Option<Arc<Filter>>,
    /// Only the logs of this many latest deliveries are kept.
    pub log_limit: Option<u32>,
    /// Whether one delivery waits for another.
    pub order: DeliveryOrder,
    /// Which signature is sent.
    pub signing: Option<Signing>,
}

/// A partial change of the rules: `None` keeps what is there; `Some(None)` goes back to the profile's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RulesChange {
    /// New method.
    pub method: Option<Method>,
    /// New `Content-Type`.
    pub content_type: Option<Option<String>>,
    /// New template.
    pub body_template: Option<Option<String>>,
    /// New schedule.
    pub retry: Option<Option<RetryPolicy>>,
    /// New statuses of success.
    pub success: Option<Option<StatusSet>>,
    /// New deadline.
    pub timeout: Option<Option<Duration>>,
    /// New TLS identity and trust.
    pub tls: Option<Option<Tls>>,
    /// New filter.
    pub filter: Option<Option<Arc<Filter>>>,
    /// New log limit.
    pub log_limit: Option<Option<u32>>,
    /// New order.
    pub order: Option<DeliveryOrder>,
    /// New signature.
    pub signing: Option<Option<Signing>>,
}

impl RulesChange {
    /// Changes `rules`.
    pub fn apply(self, rules: &mut Rules) {
        set(&mut rules.method, self.method);
        set(&mut rules.content_type, self.content_type);
        set(&mut rules.body_template, self.body_template);
        set(&mut rules.retry, self.retry);
        set(&mut rules.success, self.success);
        set(&mut rules.timeout, self.timeout);
        set(&mut rules.tls, self.tls);
        set(&mut rules.filter, self.filter);
        set(&mut rules.log_limit, self.log_limit);
        set(&mut rules.order, self.order);
        set(&mut rules.signing, self.signing);
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name on the wire and on disk.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// The one with that name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

pub(crate) use words;

words!(
    /// The method of a request.
    Method {
        /// GET: the body is sent nevertheless.
        Get = "GET",
        /// POST, the usual one.
        #[default]
        Post = "POST",
        /// PUT.
        Put = "PUT",
        /// PATCH.
        Patch = "PATCH",
        /// DELETE.
        Delete = "DELETE",
    }
);

words!(
    /// Whether one delivery to an endpoint waits for another.
    DeliveryOrder {
        /// No: each goes when it is due.
        #[default]
        None = "none",
        /// First in, first out: the next one is sent only when the one before is delivered or given up.
        Fifo = "fifo",
    }
);

words!(
    /// Which signature headers a request carries.
    Signing {
        /// Those of the Standard Webhooks specification.
        #[default]
        Standard = "standard",
        /// None at all.
        None = "none",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_keeps_what_it_does_not_name_and_null_goes_back_to_the_profile() {
        let mut rules =
            Rules { content_type: Some("text/plain".to_owned()), log_limit: Some(5), ..Rules::default() };
        let change =
            RulesChange { log_limit: Some(None), method: Some(Method::Put), ..RulesChange::default() };
        change.apply(&mut rules);
        let expected =
            Rules { content_type: Some("text/plain".to_owned()), method: Method::Put, ..Rules::default() };
        assert_eq!(rules, expected);
    }

    #[test]
    fn words_are_read_back() {
        for method in Method::ALL {
            assert_eq!(Method::from_name(method.name()), Some(*method));
        }
        assert_eq!(Method::from_name("post"), None);
        assert_eq!(DeliveryOrder::from_name("fifo"), Some(DeliveryOrder::Fifo));
    }
}
