//! The address ranges that no stranger may make us call, each with a name that can be shown.
//!
//! Source: the IANA IPv4 and IPv6 Special-Purpose Address Registries, the multicast registries, and the prefixes that
//! earlier RFCs set aside and never gave back.

use std::net::{Ipv4Addr, Ipv6Addr};

struct RangeV4 {
    base: Ipv4Addr,
    prefix: u32,
    what: &'static str,
}

struct RangeV6 {
    base: Ipv6Addr,
    prefix: u32,
    what: &'static str,
}

const fn v4(base: [u8; 4], prefix: u32, what: &'static str) -> RangeV4 {
    RangeV4 { base: Ipv4Addr::new(base[0], base[1], base[2], base[3]), prefix, what }
}

const fn v6(base: [u16; 4], prefix: u32, what: &'static str) -> RangeV6 {
    RangeV6 { base: Ipv6Addr::new(base[0], base[1], base[2], base[3], 0, 0, 0, 0), prefix, what }
}

const V4: &[RangeV4] = &[
    v4([0, 0, 0, 0], 8, "an address of this network (0.0.0.0/8)"),
    v4([10, 0, 0, 0], 8, "a private address (10.0.0.0/8)"),
    v4([100, 64, 0, 0], 10, "a shared address of a carrier (100.64.0.0/10)"),
    v4([127, 0, 0, 0], 8, "a loopback address (127.0.0.0/8)"),
    v4([168, 63, 129, 16], 32, "the address of a cloud's host agent (168.63.129.16)"),
    v4([169, 254, 0, 0], 16, "a link-local address (169.254.0.0/16)"),
    v4([172, 16, 0, 0], 12, "a private address (172.16.0.0/12)"),
    v4([192, 0, 0, 0], 24, "an address for protocol assignments (192.0.0.0/24)"),
    v4([192, 0, 2, 0], 24, "a documentation address (192.0.2.0/24)"),
    v4([192, 88, 99, 0], 24, "a former 6to4 relay address (192.88.99.0/24)"),
    v4([192, 168, 0, 0], 16, "a private address (192.168.0.0/16)"),
    v4([198, 18, 0, 0], 15, "a benchmarking address (198.18.0.0/15)"),
    v4([198, 51, 100, 0], 24, "a documentation address (198.51.100.0/24)"),
    v4([203, 0, 113, 0], 24, "a documentation address (203.0.113.0/24)"),
    v4([224, 0, 0, 0], 4, "a multicast address (224.0.0.0/4)"),
    v4([240, 0, 0, 0], 4, "a reserved address (240.0.0.0/4)"),
];

const V6: &[RangeV6] = &[
    v6([0, 0, 0, 0], 8, "a loopback, unspecified or reserved address (::/8)"),
    v6([0x100, 0, 0, 0], 64, "a discard-only address (100::/64)"),
    v6([0x100, 0, 0, 1], 64, "a dummy address (100:0:0:1::/64)"),
    v6([0x2001, 0, 0, 0], 23, "an address for protocol assignments, Teredo among them (2001::/23)"),
    v6([0x2001, 0xdb8, 0, 0], 32, "a documentation address (2001:db8::/32)"),
    v6([0x2002, 0, 0, 0], 16, "a 6to4 address (2002::/16)"),
    v6([0x3fff, 0, 0, 0], 20, "a documentation address (3fff::/20)"),
    v6([0x5f00, 0, 0, 0], 16, "a segment-routing address (5f00::/16)"),
    v6([0xfc00, 0, 0, 0], 7, "a private address (fc00::/7)"),
    v6([0xfe80, 0, 0, 0], 10, "a link-local address (fe80::/10)"),
    v6([0xfec0, 0, 0, 0], 10, "a site-local address (fec0::/10)"),
    v6([0xff00, 0, 0, 0], 8, "a multicast address (ff00::/8)"),
];

/// What makes an IPv4 address special, or `None` for a public one.
pub(super) fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    V4.iter()
        .find(|range| (address.to_bits() ^ range.base.to_bits()) >> (32 - range.prefix) == 0)
        .map(|range| range.what)
}

/// What makes an IPv6 address special, or `None` for a public one. Embedded IPv4 addresses are decoded before.
pub(super) fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    if is_isatap(address) {
        return Some("an ISATAP address");
    }
    V6.iter()
        .find(|range| (address.to_bits() ^ range.base.to_bits()) >> (128 - range.prefix) == 0)
        .map(|range| range.what)
}

/// An ISATAP interface identifier (RFC 5214, 6.1): `::0:5efe:a.b.c.d` or `::200:5efe:a.b.c.d` under any prefix.
fn is_isatap(address: Ipv6Addr) -> bool {
    let [_, _, _, _, flags, mark, _, _] = address.segments();
    mark == 0x5efe && (flags == 0 || flags == 0x200)
}
