//! stub
/// stub
#[derive(Debug, Clone)]
pub struct Template;
/// stub
#[derive(Debug, Clone, Copy)]
pub enum Escape {
    /// stub
    Json,
}
impl Escape {
    /// stub
    pub fn of_content_type(_: &str) -> Self {
        Self::Json
    }
}
impl Template {
    /// stub
    pub fn compile(s: &str, _: Escape) -> Result<Self, String> {
        if s == "{{#a}}" { Err("x".into()) } else { Ok(Self) }
    }
}
