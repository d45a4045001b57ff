//! One operation of the API: its route, its handler, and what the OpenAPI document says of it, declared in one place.

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::schema::Schema;

use crate::api::Api;

/// Which token an operation asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// None.
    Open,
    /// An org's.
    Org,
    /// An org's, or the token of the app in the path.
    App,
    /// An org's or any app's of it.
    Any,
    /// A user's, with `X-Organization`; or an org's.
    User,
    /// None, but the secret of an OAuth client.
    Client,
}

impl Access {
    /// Its word in the OpenAPI document.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Open => "none",
            Self::Org => "org",
            Self::App => "app",
            Self::Any => "any",
            Self::User => "user",
            Self::Client => "client",
        }
    }
}

/// How `Idempotency-Key` is honoured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// The answer is kept and given again.
    Answered,
    /// The handler does it.
    ByHandler,
    /// Nothing to do: the method is idempotent by itself.
    Harmless,
}

/// A query parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) kind: ParamKind,
    pub(crate) about: &'static str,
}

/// What a query parameter holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ParamKind {
    Text,
    Time,
    Integer,
    Boolean,
    TextList,
    Order,
}

/// A wire type's schema, and those that it refers to.
pub(crate) struct Shape {
    pub(crate) name: String,
    pub(crate) is_list: bool,
    pub(crate) schema: RefOr<Schema>,
    pub(crate) others: Vec<(String, RefOr<Schema>)>,
}

impl Shape {
    fn of<T: ToSchema>() -> Self {
        let mut others = Vec::new();
        T::schemas(&mut others);
        Self { name: T::name().into_owned(), is_list: false, schema: T::schema(), others }
    }
}

/// One operation.
pub(crate) struct Operation {
    pub(crate) id: &'static str,
    pub(crate) method: HttpMethod,
    pub(crate) path: &'static str,
    pub(crate) handler: MethodRouter<Api>,
    pub(crate) summary: &'static str,
    pub(crate) access: Access,
    pub(crate) repeats: Repeats,
    pub(crate) params: Vec<Param>,
    pub(crate) body: Option<Shape>,
    pub(crate) answers: Vec<(u16, Option<Shape>)>,
    pub(crate) hidden: bool,
    /// Whether the body is a form rather than JSON.
    pub(crate) is_form: bool,
}

impl Operation {
    fn new<H, T>(method: HttpMethod, id: &'static str, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Api>,
        T: 'static,
    {
        let (filter, repeats) = match method {
            HttpMethod::Post => (MethodFilter::POST, Repeats::Answered),
            HttpMethod::Put => (MethodFilter::PUT, Repeats::Harmless),
            HttpMethod::Patch => (MethodFilter::PATCH, Repeats::Harmless),
            HttpMethod::Delete => (MethodFilter::DELETE, Repeats::Harmless),
            _ => (MethodFilter::GET, Repeats::Harmless),
        };
        Self {
            id,
            method,
            path,
            handler: on(filter, handler),
            summary: "",
            access: Access::Org,
            repeats,
            params: Vec::new(),
            body: None,
            answers: Vec::new(),
            hidden: false,
            is_form: false,
        }
    }

    pub(crate) const fn says(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    pub(crate) const fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    pub(crate) const fn repeats(mut self, repeats: Repeats) -> Self {
        self.repeats = repeats;
        self
    }

    pub(crate) fn params(mut self, params: &[&[Param]]) -> Self {
        self.params.extend(params.iter().copied().flatten());
        self
    }

    pub(crate) fn body<T: ToSchema>(mut self) -> Self {
        self.body = Some(Shape::of::<T>());
        self
    }

    /// A body as HTML forms and OAuth have it.
    pub(crate) fn form<T: ToSchema>(self) -> Self {
        Self { is_form: true, ..self.repeats(Repeats::ByHandler).body::<T>() }
    }

    pub(crate) fn answers<T: ToSchema>(mut self, status: u16) -> Self {
        self.answers.push((status, Some(Shape::of::<T>())));
        self
    }

    pub(crate) fn lists<T: ToSchema>(mut self) -> Self {
        self.answers.push((200, Some(Shape { is_list: true, ..Shape::of::<T>() })));
        self
    }

    pub(crate) fn answers_nothing(mut self, status: u16) -> Self {
        self.answers.push((status, None));
        self
    }

    /// Served, but left out of the OpenAPI document: an alias for older clients.
    pub(crate) const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }
}

macro_rules! method {
    ($name:ident, $method:ident) => {
        pub(crate) fn $name<H, T>(id: &'static str, path: &'static str, handler: H) -> Operation
        where
            H: Handler<T, Api>,
            T: 'static,
        {
            Operation::new(HttpMethod::$method, id, path, handler)
        }
    };
}

method!(get, Get);
method!(post, Post);
method!(put, Put);
method!(patch, Patch);
method!(delete, Delete);

const fn param(name: &'static str, kind: ParamKind, about: &'static str) -> Param {
    Param { name, kind, about }
}

/// The parameters of every list.
pub(crate) const PAGE: &[Param] = &[
    param("limit", ParamKind::Integer, "Items of a page: 1 to 250, 50 unless given."),
    param("iterator", ParamKind::Text, "The `iterator` or `prevIterator` of another page."),
];
/// The order of a list that can go both ways.
pub(crate) const ORDER: &[Param] =
    &[param("order", ParamKind::Order, "The order of the list, by age or name.")];
/// The filters of lists of messages.
pub(crate) const MESSAGE_FILTER: &[Param] = &[
    param("channel", ParamKind::Text, "Only messages in this channel."),
    param("tag", ParamKind::Text, "Only messages with this tag."),
    param("event_types", ParamKind::TextList, "Only messages of these event types."),
    param("before", ParamKind::Time, "Only what is older than this."),
    param(
        "after",
        ParamKind::Time,
        "Only what is newer than this. Alone: the page next to it; `prevIterator` goes on.",
    ),
];
/// Whether payloads and responses are wanted.
pub(crate) const WITH_CONTENT: &[Param] =
    &[param("with_content", ParamKind::Boolean, "Whether the content is wanted; true unless given.")];
/// The filters of lists of attempts.
pub(crate) const ATTEMPT_FILTER: &[Param] = &[
    param("status", ParamKind::Integer, "Only those that ended so: 0 success, 2 fail."),
    param("status_code_class", ParamKind::Integer, "Only answers of this class: 0 (none), 100, 200 .. 500."),
];
/// Whether "canceled" may be answered to clients that do not know it.
pub(crate) const EXPANDED_STATUSES: &[Param] = &[param(
    "expanded_statuses",
    ParamKind::Boolean,
    "Whether what was canceled is shown as canceled (4), not as a success (0); true unless given.",
)];
/// A span of time.
pub(crate) const SPAN: &[Param] = &[
    param("since", ParamKind::Time, "From when on; 28 days ago unless given."),
    param("until", ParamKind::Time, "Until when; now unless given."),
];

/// A parameter that one operation only has.
pub(crate) const fn only(name: &'static str, kind: ParamKind, about: &'static str) -> [Param; 1] {
    [param(name, kind, about)]
}
