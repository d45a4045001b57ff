//! Which network addresses may be called: public ones, and those that the operator allows by name of their subnet.

mod ranges;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// The rule that guards the operator's own network against requests that a stranger asks us to send.
///
/// Everything in the IANA special-purpose registries (RFC 6890 and its successors) is refused, and so are the IPv6
/// forms that carry such an IPv4 address. An address inside an allowed subnet is always accepted.
#[derive(Debug, Clone, Default)]
pub struct AddressPolicy {
    allow: Vec<IpNet>,
}

/// Why an address may not be called. `Display` is a sentence part such as `10.0.0.1 is a private address`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    address: IpAddr,
    what: &'static str,
}

impl Refused {
    /// What the address is, without the address: `a private address`. Safe to show to whoever gave only a name.
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// The refused address, in the form it was checked in.
    pub const fn address(&self) -> IpAddr {
        self.address
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is {}", self.address, self.what)
    }
}

impl std::error::Error for Refused {}

impl AddressPolicy {
    /// A policy that accepts public addresses and those in `allow`.
    pub const fn new(allow: Vec<IpNet>) -> Self {
        Self { allow }
    }

    /// Whether the operator has allowed any subnet.
    pub const fn allows_subnets(&self) -> bool {
        !self.allow.is_empty()
    }

    /// Whether this address may be dialled.
    pub fn check(&self, address: IpAddr) -> Result<(), Refused> {
        let refuse = |what| Refused { address, what };
        if self.allowed(address) {
            return Ok(());
        }
        match address {
            IpAddr::V4(v4) => ranges::special_v4(v4).map_or(Ok(()), |what| Err(refuse(what))),
            IpAddr::V6(v6) => match embedded(v6) {
                Some((Form::Reaches, v4)) => {
                    if self.allowed(IpAddr::V4(v4)) {
                        return Ok(());
                    }
                    ranges::special_v4(v4).map_or(Ok(()), |what| Err(refuse(what)))
                }
                Some((Form::Obsolete, v4)) if self.allowed(IpAddr::V4(v4)) => Ok(()),
                _ => ranges::special_v6(v6).map_or(Ok(()), |what| Err(refuse(what))),
            },
        }
    }

    fn allowed(&self, address: IpAddr) -> bool {
        self.allow.iter().any(|net| net.contains(&address))
    }
}

/// What an IPv6 address with an IPv4 address inside means to the host that dials it.
enum Form {
    /// Packets go to that IPv4 address: IPv4-mapped (RFC 4291) and the NAT64 well-known prefix (RFC 6052).
    Reaches,
    /// No network should carry it any more: IPv4-compatible (RFC 4291) and IPv4-translated (RFC 2765).
    Obsolete,
}

/// The IPv4 address that stands in the last 32 bits of a form that names exactly one host. Tunnel forms (6to4, Teredo,
/// ISATAP) go through somebody else's relay: they are refused whole, and an allowed IPv4 subnet does not open them.
fn embedded(v6: Ipv6Addr) -> Option<(Form, Ipv4Addr)> {
    let [prefix @ .., high, low] = v6.segments();
    let form = match prefix {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => Form::Reaches,
        // `::` and `::1` are addresses in their own right.
        [0, 0, 0, 0, 0, 0] if high != 0 || low > 1 => Form::Obsolete,
        [0, 0, 0, 0, 0xffff, 0] => Form::Obsolete,
        _ => return None,
    };
    let [h1, h2] = high.to_be_bytes();
    let [l1, l2] = low.to_be_bytes();
    Some((form, Ipv4Addr::new(h1, h2, l1, l2)))
}
