//! Tables over every special range, its edges and its neighbours.

use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;

use super::AddressPolicy;

fn verdict(address: &str) -> Result<(), super::Refused> {
    AddressPolicy::default().check(address.parse().expect("a literal"))
}

fn policy(subnets: &[&str]) -> AddressPolicy {
    AddressPolicy::new(subnets.iter().map(|net| net.parse().expect("a subnet")).collect())
}

/// One address out of each special range.
const SPECIAL: [&str; 40] = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "fec0::1",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::5efe:127.0.0.1",
    "2001:db8::1",
    "2001:2::1",
    "2001:10::1",
    "100::1",
    "100:0:0:1::1",
    "3fff::1",
    "5f00::1",
    "168.63.129.16",
];

#[test]
fn every_special_address_is_refused() {
    for address in SPECIAL {
        assert!(verdict(address).is_err(), "{address}");
    }
}

#[test]
fn the_first_and_last_address_of_each_range_are_refused() {
    for (first, last) in [
        ("0.0.0.0", "0.255.255.255"),
        ("10.0.0.0", "10.255.255.255"),
        ("100.64.0.0", "100.127.255.255"),
        ("127.0.0.0", "127.255.255.255"),
        ("169.254.0.0", "169.254.255.255"),
        ("172.16.0.0", "172.31.255.255"),
        ("192.0.0.0", "192.0.0.255"),
        ("192.0.2.0", "192.0.2.255"),
        ("192.88.99.0", "192.88.99.255"),
        ("192.168.0.0", "192.168.255.255"),
        ("198.18.0.0", "198.19.255.255"),
        ("198.51.100.0", "198.51.100.255"),
        ("203.0.113.0", "203.0.113.255"),
        ("224.0.0.0", "239.255.255.255"),
        ("240.0.0.0", "255.255.255.254"),
        ("::2", "ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("::ffff:10.0.0.0", "::ffff:10.255.255.255"),
        ("64:ff9b::10.0.0.0", "64:ff9b::10.255.255.255"),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
        ("100::", "100::ffff:ffff:ffff:ffff"),
        ("100:0:0:1::", "100::1:ffff:ffff:ffff:ffff"),
        ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ] {
        assert!(verdict(first).is_err(), "{first}");
        assert!(verdict(last).is_err(), "{last}");
    }
}

#[test]
fn neighbours_outside_the_ranges_are_allowed() {
    for address in [
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.1.255",
        "192.0.3.0",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "8.8.8.8",
        "1.1.1.1",
        "::ffff:9.255.255.255",
        "::ffff:11.0.0.0",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "64:ff9b::126.255.255.255",
        "64:ff9b::128.0.0.0",
        "100:0:0:2::",
        "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:200::",
        "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db9::",
        "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2003::",
        "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "3fff:1000::",
        "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "5f01::",
        "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fe00::",
        "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2606:4700:4700::1111",
        "2a00:1450:4001:80e::200e",
    ] {
        assert_eq!(verdict(address), Ok(()), "{address}");
    }
}

#[test]
fn an_allowed_subnet_opens_its_own_addresses_only() {
    let policy = policy(&["10.1.0.0/16", "fd00:1::/32"]);
    for (address, open) in [
        ("10.1.2.3", true),
        ("10.2.0.1", false),
        ("127.0.0.1", false),
        ("fd00:1::7", true),
        ("fd00:2::7", false),
        ("8.8.8.8", true),
    ] {
        assert_eq!(policy.check(address.parse().unwrap()).is_ok(), open, "{address}");
    }
}

#[test]
fn an_allowed_ipv4_subnet_opens_the_ipv6_forms_that_reach_it_but_no_tunnel() {
    let policy = policy(&["127.0.0.0/8"]);
    for (address, open) in [
        ("::ffff:127.0.0.1", true),
        ("64:ff9b::7f00:1", true),
        ("::127.0.0.1", true),
        ("::ffff:0:127.0.0.1", true),
        ("::ffff:10.0.0.1", false),
        ("::1", false),
        ("::", false),
        ("2002:7f00:1::", false),
        ("2001:0:4136:e378:8000:63bf:80ff:fffe", false),
        ("::5efe:127.0.0.1", false),
        ("64:ff9b:1::7f00:1", false),
    ] {
        assert_eq!(policy.check(address.parse().unwrap()).is_ok(), open, "{address}");
    }
}

#[test]
fn isatap_is_refused_under_any_prefix() {
    for address in ["2a00:1450::5efe:8.8.8.8", "2a00:1450::200:5efe:10.0.0.1", "fe80::5efe:127.0.0.1"] {
        assert!(verdict(address).is_err(), "{address}");
    }
}

#[test]
fn the_refusal_says_what_the_address_is() {
    let refused = verdict("::ffff:10.0.0.1").unwrap_err();
    assert_eq!(refused.to_string(), "::ffff:10.0.0.1 is a private address (10.0.0.0/8)");
    assert_eq!(refused.what(), "a private address (10.0.0.0/8)");
}

proptest! {
    #[test]
    fn a_mapped_or_nat64_address_gets_the_verdict_of_its_ipv4_address(bits: u32, subnet in 0_u32..3) {
        let policy = match subnet { 0 => policy(&[]), 1 => policy(&["10.0.0.0/8"]), _ => policy(&["0.0.0.0/1"]) };
        let v4 = Ipv4Addr::from_bits(bits);
        let expected = policy.check(IpAddr::V4(v4)).is_ok();
        let mapped = IpAddr::V6(v4.to_ipv6_mapped());
        let nat64 = IpAddr::V6((0x0064_ff9b_u128 << 96 | u128::from(bits)).into());
        prop_assert_eq!(policy.check(mapped).is_ok(), expected);
        prop_assert_eq!(policy.check(nat64).is_ok(), expected);
    }

    #[test]
    fn any_ipv4_address_in_a_special_range_is_refused_whatever_form_it_takes(low: u32) {
        let v4 = Ipv4Addr::from_bits(low >> 8 | 10 << 24);
        for form in [v4.to_ipv6_mapped(), v4.to_ipv6_compatible()] {
            prop_assert!(AddressPolicy::default().check(IpAddr::V6(form)).is_err());
        }
    }
}
