//! The consent page: plain HTML without scripts, which nobody can frame, and which sends its words nowhere else.

use std::fmt::Write as _;
use std::sync::OnceLock;

use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookwire_core::EventType;
use hookwire_core::oauth::{ActorMode, Client, OauthScope, WEBHOOKS_MANAGE};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};

const STYLE: &str = include_str!("html/consent.css");

/// What the page shows.
pub(super) struct Question<'a> {
    pub(super) client: &'a Client,
    /// The name of the app that is to install the client.
    pub(super) organization: &'a str,
    /// On whose behalf the client will act.
    pub(super) actor: ActorMode,
    pub(super) scopes: &'a [OauthScope],
    /// The events that can be granted, with what they tell.
    pub(super) events: &'a [(String, Option<EventType>)],
    pub(super) ticket: &'a str,
    /// Where the browser goes afterwards: scheme, host and port.
    pub(super) destination: &'a str,
}

/// The page that asks.
pub(super) fn question(question: &Question<'_>) -> Response {
    let (client, organization) = (escaped(&question.client.name), escaped(question.organization));
    let mut body = format!(
        "<h1>Install {client}?</h1>\n<p><strong>{client}</strong> asks for access to \
         <strong>{organization}</strong>.</p>\n<form method=\"post\" action=\"authorize/decision\">\n\
         <input type=\"hidden\" name=\"ticket\" value=\"{}\">\n",
        escaped(question.ticket)
    );
    if question.actor == ActorMode::User {
        body.push_str("<p>It will act in your name.</p>\n");
    }
    if !question.scopes.is_empty() {
        body.push_str("<h2>It will be able to</h2>\n<ul>\n");
        for scope in question.scopes {
            let about = if scope.as_str() == WEBHOOKS_MANAGE { " – be told of events" } else { "" };
            let _ = writeln!(body, "<li><code>{}</code>{about}</li>", escaped(scope.as_str()));
        }
        body.push_str("</ul>\n");
    }
    if !question.events.is_empty() {
        body.push_str("<fieldset>\n<legend>It will be told of these events</legend>\n");
        for (name, event_type) in question.events {
            let name = escaped(name);
            let about = event_type.as_ref().map(|event_type| escaped(&event_type.description));
            let about = about.map(|about| format!(" <small>{about}</small>")).unwrap_or_default();
            let _ = writeln!(
                body,
                "<label><input type=\"checkbox\" name=\"event\" value=\"{name}\" checked> \
                 <code>{name}</code>{about}</label>"
            );
        }
        body.push_str("</fieldset>\n");
    }
    let _ = write!(
        body,
        "<p class=\"choice\"><button name=\"decision\" value=\"allow\">Allow</button>\n\
         <button name=\"decision\" value=\"deny\">Deny</button></p>\n</form>\n\
         <p><small>Either way you go on to {}.</small></p>",
        escaped(question.destination)
    );
    page(StatusCode::OK, &format!("Install {client}"), &body, question.destination)
}

/// The page that says why there is no question, and leads nowhere.
pub(super) fn refusal(status: StatusCode, reason: &str) -> Response {
    let body = format!("<h1>This can’t be done</h1>\n<p>{}</p>", escaped(reason));
    page(status, "This can’t be done", &body, "")
}

/// Sends the browser on, with nothing of the page's in its `Referer`.
pub(super) fn sent_to(url: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(url) else {
        return refusal(StatusCode::BAD_REQUEST, "The app's address can't be called.");
    };
    let mut headers = plain_headers();
    headers.insert(header::LOCATION, location);
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn plain_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers
}

fn page(status: StatusCode, title: &str, body: &str, destination: &str) -> Response {
    let text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    );
    let mut headers = plain_headers();
    // Browsers hold the redirects that answer a form against form-action, too: the one to the client, and wherever that
    // one leads. A host would not do, and can't be written for every address.
    let onwards = match destination.split_once("://") {
        Some(("http", _)) => " https: http:",
        Some(_) => " https:",
        None => "",
    };
    let policy = format!(
        "default-src 'none'; style-src '{}'; form-action 'self'{onwards}; frame-ancestors 'none'; base-uri 'none'",
        style_hash()
    );
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    (status, headers, text).into_response()
}

/// The style by which the policy knows it.
fn style_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| format!("sha256-{}", STANDARD.encode(Sha256::digest(STYLE))))
}

/// Text that stays text between tags and in quoted attributes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escaped("<b a=\"1\" b='2'>&amp;"), "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;amp;");
    }
}
