//! Each property over 1,000 seeded inputs.

fn check(target: fn(&[u8])) {
    let mut count = 0;
    for data in wattle_fuzz::seeded_inputs(1000) {
        target(&data);
        count += 1;
    }
    assert_eq!(count, 1000);
}

#[test]
fn parse_bytes() {
    check(wattle_fuzz::parse_bytes);
}

#[test]
fn parse_text() {
    check(wattle_fuzz::parse_text);
}

#[test]
fn chunking() {
    check(wattle_fuzz::chunking);
}

#[test]
fn bytes_round_trip() {
    check(wattle_fuzz::bytes_round_trip);
}

#[test]
fn text_round_trip() {
    check(wattle_fuzz::text_round_trip);
}

#[test]
fn generated_module() {
    check(wattle_fuzz::generated::generated_module);
}
