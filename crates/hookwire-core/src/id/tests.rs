//! Ids: order, uniqueness, and what does not parse.

use proptest::prelude::*;

use super::*;

#[test]
fn a_public_id_is_prefix_and_27_characters() {
    let key: MessageKey = KeyMint::new(3, 0).next(Timestamp::from_seconds(1_790_000_000));
    let text = key.public();
    assert!(text.starts_with("msg_"));
    assert_eq!(text.len(), 4 + 27);
    assert_eq!(MessageKey::parse(&text), Some(key));
    assert_eq!(AppKey::parse(&text), None);
}

#[test]
fn an_id_of_one_kind_is_not_an_id_of_another() {
    let key: AppKey = KeyMint::new(0, 0).next(Timestamp::from_seconds(1_790_000_000));
    let forged = key.public().replace("app_", "ep_");
    assert_eq!(EndpointKey::parse(&forged), None);
}

#[test]
fn made_up_ids_do_not_parse() {
    for text in [
        "",
        "app_",
        "app_1",
        "app_zzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "app_2aaaaaaaaaaaaaaaaaaaaaaaaaa",
        "ep_\u{1F600}",
    ] {
        assert_eq!(AppKey::parse(text), None, "{text}");
    }
}

#[test]
fn keys_grow_even_when_the_clock_jumps_back() {
    let mint = KeyMint::new(1, 0);
    let mut last = 0;
    for seconds in [1_790_000_000, 1_790_000_001, 1_700_000_000, 1_790_000_001] {
        for _ in 0..5_000 {
            let key: AttemptKey = mint.next(Timestamp::from_seconds(seconds));
            assert!(key.raw() > last);
            last = key.raw();
        }
    }
}

#[test]
fn a_key_is_never_below_the_floor() {
    let floor = KeyMint::new(7, 0).next::<AppKey>(Timestamp::from_seconds(1_800_000_000)).raw();
    let key: AppKey = KeyMint::new(1, floor).next(Timestamp::from_seconds(1_790_000_000));
    assert!(key.raw() > floor);
}

proptest! {
    #[test]
    fn every_key_survives_its_public_form(raw in 1_i64..i64::MAX) {
        prop_assert_eq!(MessageKey::parse(&MessageKey::from_raw(raw).public()), Some(MessageKey::from_raw(raw)));
    }

    #[test]
    fn public_ids_sort_like_keys(a in 1_i64..i64::MAX, b in 1_i64..i64::MAX) {
        let (x, y) = (MessageKey::from_raw(a), MessageKey::from_raw(b));
        prop_assert_eq!(x.public().cmp(&y.public()), a.cmp(&b));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,64}") {
        let _ = AppKey::parse(&text);
        let _ = AppKey::parse(&format!("app_{text}"));
    }
}
