//! The rules of Mustache one by one, then escaping, errors, limits and properties.

use super::*;
use crate::json::Document;
use crate::limits::TEMPLATE_OUTPUT_BYTES_MAX;

mod comments;
mod context;
mod delimiters;
mod errors;
mod escaping;
mod interpolation;
mod inverted;
mod limits;
mod properties;
mod sections;

const BYTES_MAX: usize = TEMPLATE_OUTPUT_BYTES_MAX;

fn compile(source: &str, escape: Escape) -> Template {
    Template::compile(source, escape).unwrap_or_else(|error| panic!("{source:?}: {error}"))
}

fn try_render(source: &str, data: &str, escape: Escape) -> Result<String, RenderError> {
    let document = Document::index(data).unwrap_or_else(|error| panic!("{data:?}: {error}"));
    compile(source, escape).render(Value::Node(document.root()), BYTES_MAX)
}

#[track_caller]
fn check_as(escape: Escape, cases: &[(&str, &str, &str)]) {
    for (source, data, expected) in cases {
        let body = try_render(source, data, escape);
        assert_eq!(body.as_deref(), Ok(*expected), "{source:?} over {data}");
    }
}

/// Template, data, expected body; escaped as HTML.
#[track_caller]
fn check(cases: &[(&str, &str, &str)]) {
    check_as(Escape::Html, cases);
}
