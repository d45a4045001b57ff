//! How text is changed so that it can stand in a body of a given content type.

/// What becomes of `{{x}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// As it stands inside a JSON string (RFC 8259 §7).
    Json,
    /// As it stands in the text or a quoted attribute of HTML and XML.
    Html,
    /// As it is.
    None,
}

impl Escape {
    /// What bodies of this content type need; parameters and case do not matter.
    pub fn of_content_type(content_type: &str) -> Self {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let subtype = essence.split_once('/').map_or("", |(_, subtype)| subtype);
        let suffix = subtype.rsplit_once('+').map_or("", |(_, suffix)| suffix);
        match (subtype, suffix) {
            ("json", _) | (_, "json") => Self::Json,
            ("html" | "xml", _) | (_, "xml") => Self::Html,
            _ => Self::None,
        }
    }
}
