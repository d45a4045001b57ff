//! Ports of well-known services that are not HTTP, so that nobody makes us talk to them.

/// Sorted. The "bad ports" of the WHATWG Fetch standard, and the ports of common databases, brokers and consoles.
const REFUSED: [u16; 95] = [
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
    109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 445, 465, 512, 513, 514,
    515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 873, 989, 990, 993, 995, 1433, 1521,
    1719, 1720, 1723, 2049, 3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432, 5672, 5900, 6000, 6379, 6566,
    6665, 6666, 6667, 6668, 6669, 6679, 6697, 9042, 10080, 11211, 27017,
];

/// Whether HTTP requests to this port are refused.
pub(super) fn is_refused(port: u16) -> bool {
    REFUSED.binary_search(&port).is_ok()
}

#[test]
fn the_ports_are_sorted() {
    assert!(REFUSED.is_sorted());
}
