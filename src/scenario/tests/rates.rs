//! Price lists as they are written: what is pointed out.

use super::messages::warnings_of;

/// What is pointed out about `rates`, beside the features `post` and `view`, which is free.
fn pointed_out(rates: &str) -> Vec<String> {
    let found = warnings_of(&format!(
        "[policies.p]\nadmission = \"positive\"\ngrants = [{{ credits = 1 }}]\nrates = {rates}"
    ));
    found.into_iter().filter(|warning| warning.contains("rates")).collect()
}

#[test]
fn features_that_a_price_list_leaves_out_are_pointed_out() {
    let two =
        "[features.image]\ncost = 1\n[policies.p]\nadmission = \"positive\"\ngrants = [{ credits = 1 }]\n";
    let found = warnings_of(&format!("{two}rates = {{ post = 2 }}"));
    assert!(found.contains(&"policies.p.rates leave out `image`".to_owned()), "{found:?}");
    // Said to cost what the feature says, it is not left out; what is free needs no rate.
    let found = warnings_of(&format!("{two}rates = {{ post = 2, image = \"cost\" }}"));
    assert!(!found.iter().any(|warning| warning.contains("leave out")), "{found:?}");
}

#[test]
fn cards_that_never_apply_are_pointed_out() {
    let never = "policies.p.rates hold a card, the 1st, that never applies";
    let cases = [
        "[{ from = 2026-06-01, post = 2 }, { hours = \"9-17\", post = 3 }]",
        "[{ until = 2024-12-01, post = 2 }, { hours = \"9-17\", post = 3 }]",
        "[{ post = 2 }, { post = 3 }]",
        "[{ signed_up = { before = 2025-01-01, from = 2025-02-01 }, post = 2 }, { hours = \"9-17\", post = 3 }]",
    ];
    for rates in cases {
        assert_eq!(pointed_out(rates), [never], "{rates}");
    }
    assert_eq!(pointed_out("[{ post = 2 }, { hours = \"9-17\", post = 3 }]"), [""; 0]);
}
