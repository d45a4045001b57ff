//! Passwords of URLs that stand in what the program says, for example in a value of the wrong type that is quoted.

/// What URLs with a password begin with; the others are databases' whose slashes were forgotten.
const MARKERS: [&str; 3] = ["://", "postgres:", "postgresql:"];
/// As our own messages write a URL.
const EXAMPLE: &str = "user:password";

/// The text with `***` in place of each password in a URL.
pub(crate) fn masked_text(text: &str) -> String {
    let (mut masked, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(begin) = MARKERS.iter().filter_map(|marker| Some(rest.find(marker)? + marker.len())).min()
    {
        let slashes = rest[begin..].bytes().take_while(|sign| *sign == b'/').count();
        let (before, from) = rest.split_at(begin + slashes);
        let (url, after) = from.split_at(end_of_url(before, from));
        masked.push_str(before);
        masked.push_str(&masked_credentials(url));
        rest = after;
    }
    masked + rest
}

/// Where the URL ends: at the last quote of the line when it is quoted, as a password may hold any sign by mistake; else
/// at a space.
fn end_of_url(before: &str, from: &str) -> usize {
    let line = from.lines().next().unwrap_or_default();
    let scheme = |sign: char| sign.is_ascii_alphanumeric() || ":/+-.".contains(sign);
    let quote = before.trim_end_matches(scheme).chars().next_back();
    let quoted = quote.filter(|sign| "\"'`".contains(*sign)).and_then(|sign| line.rfind(sign));
    quoted.or_else(|| line.find(char::is_whitespace)).unwrap_or(line.len())
}

/// What follows `scheme://`, without passwords.
fn masked_credentials(url: &str) -> String {
    let (credentials, place) = url.rsplit_once('@').map_or((None, url), |(one, other)| (Some(one), other));
    let credentials = match credentials {
        None => String::new(),
        Some(EXAMPLE) => format!("{EXAMPLE}@"),
        Some(real) => format!("{}:***@", real.split(':').next().unwrap_or_default()),
    };
    let mut parts = place.split('&');
    let first = parts.next().unwrap_or_default();
    let first = match first.split_once('?') {
        Some((place, parameter)) => format!("{place}?{}", masked_parameter(parameter)),
        None => first.to_owned(),
    };
    parts.fold(credentials + &first, |text, parameter| text + "&" + &masked_parameter(parameter))
}

/// A parameter of a URL, without its value if that is a password.
pub(super) fn masked_parameter(parameter: &str) -> String {
    match parameter.split_once('=') {
        Some((name, _)) if name.to_lowercase().contains("pass") => format!("{name}=***"),
        _ => parameter.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_holds_no_password_of_a_url() {
        for (text, masked) in [
            (
                "invalid type: string \"postgres://u:canary@h/d\", expected a boolean",
                "invalid type: string \"postgres://u:***@h/d\", expected a boolean",
            ),
            (
                "unexpected argument 'postgres://u:ca'n ary@h/d' found\n\nUsage: hookwire",
                "unexpected argument 'postgres://u:***@h/d' found\n\nUsage: hookwire",
            ),
            ("\"postgres:/u:canary@h/d\" is no duration", "\"postgres:/u:***@h/d\" is no duration"),
            ("it is \"postgresql:u:canary@h\"", "it is \"postgresql:u:***@h\""),
            ("http://p:canary@h and https://q:canary@i, a@b", "http://p:***@h and https://q:***@i, a@b"),
            ("`postgres://h/d?password=canary&a=b`", "`postgres://h/d?password=***&a=b`"),
            ("postgres://u:***@h/d: refused by x@y", "postgres://u:***@h/d: refused by x@y"),
            ("postgres://user:password@host:port/database", "postgres://user:password@host:port/database"),
            ("nothing: to mask at 12:00", "nothing: to mask at 12:00"),
        ] {
            assert_eq!(masked_text(text), masked);
        }
    }
}
