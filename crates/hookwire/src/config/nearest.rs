//! The known name that a misspelt one was probably meant to be.

/// Names that differ in more characters than this are not taken for misspellings of each other.
const MISSPELT_MAX: usize = 3;

/// The known name that is nearest, and whether it is near enough to be what was meant.
pub(super) fn nearest<'a>(name: &str, known: &'a [String]) -> Option<(&'a str, bool)> {
    let (steps, found) =
        known.iter().map(|other| (distance(name, other), other)).min_by_key(|(steps, _)| *steps)?;
    Some((found, steps <= MISSPELT_MAX))
}

/// How many characters must be put in, taken out or replaced to get from one to the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, left) in one.bytes().enumerate() {
        let mut above_left = std::mem::replace(&mut row[0], line + 1);
        for (column, right) in other.bytes().enumerate() {
            let replaced = above_left + usize::from(left != right);
            above_left = row[column + 1];
            row[column + 1] = replaced.min(above_left + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_counted_in_single_changes() {
        for (one, other, steps) in
            [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2)]
        {
            assert_eq!(distance(one, other), steps, "{one} {other}");
            assert_eq!(distance(other, one), steps, "{other} {one}");
        }
    }

    #[test]
    fn the_nearest_name_is_found_and_judged() {
        let known = ["SERVER_LISTEN".to_owned(), "STORE_URL".to_owned()];
        assert_eq!(nearest("SEVER_LISTEN", &known), Some(("SERVER_LISTEN", true)));
        assert_eq!(nearest("URL", &known), Some(("STORE_URL", false)));
        assert_eq!(nearest("URL", &[]), None);
    }
}
