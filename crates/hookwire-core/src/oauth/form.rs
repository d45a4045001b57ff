//! Bodies of the type `application/x-www-form-urlencoded`.

/// The names and values in a form, in their order. Bytes that are no UTF-8 become replacement characters.
pub fn form_pairs(body: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body).into_owned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_decoded() {
        let pairs = form_pairs(b"grant_type=authorization_code&a+b=%C3%A9&empty=&bare");
        let expected = [("grant_type", "authorization_code"), ("a b", "\u{e9}"), ("empty", ""), ("bare", "")];
        assert!(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(expected));
    }
}
