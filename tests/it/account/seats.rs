//! Members who come and go (docs/semantics.md §14.19 to §14.24, §16.14).

use super::harness::check;

#[test]
fn a_seat_moves_from_one_member_to_another_in_mid_cycle() {
    check(&[
        (
            "at the next issue: 20 of 30 expire as member 0 leaves, member 2 has nothing until 31 January",
            "until 15 Feb
             admission = \"positive\"
             customer members = 3
             seat 0 leaves 11 Jan
             seat 2 joins 11 Jan
             allowance = { credits = 30, per = \"member\", every = \"30 days\" }
             use 10 at 5 Jan by 0
             use 5 at 12 Jan by 2
             use 5 at 1 Feb by 2
             => issued 120, expired 50, refused 1, served 2, remaining 55",
        ),
        (
            "at once: 20 of 30 days are left; 30 less 20 are used, so that all 20 left are voided, and 20 are issued",
            "until 30 Jan
             customer members = 3
             seat 0 leaves 11 Jan
             seat 2 joins 11 Jan
             seats = \"at-once\"
             allowance = { credits = 30, per = \"member\", every = \"30 days\" }
             use 10 at 5 Jan by 0
             use 5 at 12 Jan by 2
             => issued 80, voided 20, expired 0, served 2, remaining 45",
        ),
        (
            "of 26 left 20 are voided, and 6 expire",
            "until 30 Jan
             customer members = 2
             seat 0 leaves 11 Jan
             seats = \"at-once\"
             allowance = { credits = 30, per = \"member\", every = \"30 days\" }
             use 4 at 5 Jan by 0
             => issued 60, voided 20, expired 6, remaining 30",
        ),
        (
            "at the instant of a close nothing of it rolls, and the next allowance is for those who are there",
            "until 15 Feb
             customer members = 2
             seat 0 leaves 31 Jan
             seats = \"at-once\"
             allowance = { credits = 30, per = \"member\", every = \"30 days\" }
             rollover = \"all\"
             => issued 90, expired 30, rolled 30, voided 0",
        ),
        (
            "a grant that recurs is for those who are there then",
            "until 15 Feb
             customer members = 3
             seat 2 joins 11 Jan
             seats = \"at-once\"
             grant 1: 10 included, per member, every month from 1 Jan
             => issued 50, expired 20, grant 1 30",
        ),
        (
            "a group whose last member has left has no lot",
            "until 15 Feb
             customer members = 2
             groups sales, law
             seat 1 leaves 11 Jan
             allowance = { credits = 10, per = \"group\", every = \"30 days\" }
             => issued 30, expired 20",
        ),
    ]);
}

#[test]
fn what_a_member_has_ends_is_pooled_or_sleeps_as_it_leaves() {
    check(&[
        (
            "pooled: member 1 burns its own 30, then 5 of the 20 that member 0 has left",
            "until 20 Jan
             customer members = 2
             seat 0 leaves 11 Jan
             on_leave = \"pool\"
             allowance = { credits = 30, per = \"member\", every = \"30 days\" }
             use 10 at 5 Jan by 0
             use 35 at 12 Jan by 1
             => issued 60, expired 0, debt 0, remaining 15",
        ),
        (
            "pooled credits repay debt",
            "until 20 Jan
             admission = \"none\"
             customer members = 2
             seat 0 leaves 11 Jan
             on_leave = \"pool\"
             grant 1: 30 included, per member
             use 34 at 5 Jan by 1
             => debt 0, repaid 4, grant 1 26",
        ),
        (
            "asleep: while it is away its operations burn what is everybody's",
            "until 25 Jan
             customer members = 2
             seat 0 leaves 11 Jan
             seat 0 joins 21 Jan
             on_leave = \"keep\"
             grant 1: 50 included
             allowance = { credits = 30, per = \"member\", every = \"30 days\" }
             use 5 at 12 Jan by 0
             use 5 at 22 Jan by 0
             => issued 110, expired 0, grant 1 45, remaining 100",
        ),
        (
            "asleep at a close: what sleeps expires, and nothing new is issued to who is away",
            "until 15 Feb
             customer members = 2
             seat 0 leaves 11 Jan
             on_leave = \"keep\"
             allowance = { credits = 30, per = \"member\", every = \"30 days\" }
             => issued 90, expired 60",
        ),
        (
            "a hold loses what it has reserved of it, and its charge burns what the organization may",
            "until 25 Jan
             admission = { hold = { estimate = \"exact\" } }
             customer members = 2
             seat 0 leaves 11 Jan
             grant 1: 50 included
             grant 2: 30 included, per member
             use 10 at 10 Jan 23:00 for 3 h by 0
             => served 1, expired 30, grant 1 40, grant 2 30",
        ),
        (
            "with pins_expiry it keeps that",
            "until 25 Jan
             admission = { hold = { estimate = \"exact\", pins_expiry = true } }
             customer members = 2
             seat 0 leaves 11 Jan
             grant 1: 50 included
             grant 2: 30 included, per member
             use 10 at 10 Jan 23:00 for 3 h by 0
             => served 1, expired 20, grant 1 50, grant 2 30",
        ),
        (
            "work in flight of who has left is owed by the organization: 9 are seen by member 1, who has 1 and may owe 20",
            "until 25 Jan
             admission = { estimate = \"exact\" }
             charge = \"completion\"
             short = \"allow\"
             overdraft = { limit = 20 }
             customer members = 2
             seat 0 leaves 11 Jan
             grant 1: 1 included, per member
             use 9 at 10 Jan 23:00 for 3 h by 0
             use 13 at 12 Jan by 1
             use 12 at 13 Jan by 1
             => refused 1, served 2, expired 1, debt 20",
        ),
        (
            "who waits for credits goes on when it returns to what slept",
            "until 25 Jan
             admission = { estimate = \"exact\" }
             short = \"queue\"
             patience = \"20 days\"
             customer members = 1
             seat 0 leaves 11 Jan
             seat 0 joins 21 Jan
             on_leave = \"keep\"
             grant 1: 30 included, per member
             use 5 at 12 Jan by 0
             at 21 Jan: settled 30
             at 21 Jan 00:01: settled 25
             => served 1, grant 1 25",
        ),
    ]);
}

#[test]
fn leaving_and_returning_gives_nothing_twice() {
    check(&[
        (
            "all 30 used on 2 January: 2 + 20 by the time that it is there are less than that",
            "until 30 Jan
             customer members = 2
             seat 0 leaves 3 Jan
             seat 0 joins 11 Jan
             seats = \"at-once\"
             allowance = { credits = 30, per = \"member\", every = \"30 days\" }
             use 30 at 2 Jan by 0
             => issued 60, voided 0, remaining 30",
        ),
        (
            "nothing used: 20 are voided and 10 expire on 11 January, 10 are issued for the 10 days from 21 January",
            "until 25 Jan
             customer members = 2
             seat 0 leaves 11 Jan
             seat 0 joins 21 Jan
             seats = \"at-once\"
             allowance = { credits = 30, per = \"member\", every = \"30 days\" }
             => issued 70, voided 20, expired 10, remaining 40",
        ),
        (
            "at the next issue it has nothing until then",
            "until 15 Feb
             admission = \"positive\"
             customer members = 2
             seat 0 leaves 3 Jan
             seat 0 joins 11 Jan
             allowance = { credits = 30, per = \"member\", every = \"30 days\" }
             use 30 at 2 Jan by 0
             use 1 at 12 Jan by 0
             use 1 at 1 Feb by 0
             => issued 120, refused 1, served 2",
        ),
        (
            "asleep and at once: of 26 left 20 are voided and 6 sleep, 10 more come on 21 January",
            "until 25 Jan
             customer members = 2
             seat 0 leaves 11 Jan
             seat 0 joins 21 Jan
             seats = \"at-once\"
             on_leave = \"keep\"
             allowance = { credits = 30, per = \"member\", every = \"30 days\" }
             use 4 at 5 Jan by 0
             use 16 at 22 Jan by 0
             => issued 70, voided 20, expired 0, debt 0, remaining 30",
        ),
    ]);
}

#[test]
fn pools_and_prices_follow_the_number_of_seats() {
    check(&[
        (
            "10 a member: 20, and 30 from 31 January on",
            "until 15 Feb
             customer members = 3
             seat 2 joins 11 Jan
             allowance = { credits = \"10 * members\", every = \"30 days\" }
             => issued 50, expired 20",
        ),
        (
            "at once: 10 · 20 / 30 more",
            "until 30 Jan
             customer members = 3
             seat 2 joins 11 Jan
             seats = \"at-once\"
             allowance = { credits = \"10 * members\", every = \"30 days\" }
             => issued 26.666667",
        ),
        (
            "a member less: 20 − 6.666667 are less than the 15 used, so that the 5 left are voided",
            "until 30 Jan
             customer members = 2
             seat 0 leaves 11 Jan
             seats = \"at-once\"
             allowance = { credits = \"10 * members\", every = \"30 days\" }
             use 15 at 5 Jan by 0
             => voided 5, remaining 0",
        ),
        (
            "3 USD a member: 6 on 1 January, 9 on 31 January",
            "until 15 Feb
             customer members = 3
             seat 2 joins 11 Jan
             allowance = { credits = 30, every = \"30 days\" }
             subscription = { price = \"3 * members\", every = \"30 days\" }
             => cash 15",
        ),
        (
            "at once: 3 · 20 / 30 more on 11 January",
            "until 15 Feb
             customer members = 3
             seat 2 joins 11 Jan
             seats = \"at-once\"
             allowance = { credits = 30, every = \"30 days\" }
             subscription = { price = \"3 * members\", every = \"30 days\" }
             => cash 17",
        ),
        (
            "a member less is a credit note of 2, which pays part of the next 6",
            "until 15 Feb
             customer members = 3
             seat 2 leaves 11 Jan
             seats = \"at-once\"
             allowance = { credits = 30, every = \"30 days\" }
             subscription = { price = \"3 * members\", every = \"30 days\" }
             => cash 13",
        ),
        (
            "a bare formula is monthly; projects count too",
            "until 15 Jan
             customer members = 2
             customer projects = 3
             subscription = \"2 * members + projects\"
             => cash 7",
        ),
        (
            "a later price may be a formula",
            "until 15 Feb
             customer members = 2
             subscription = [{ price = \"1 USD\" }, { price = \"2 * members\", from = 2025-02-01 }]
             => cash 5",
        ),
    ]);
}

#[test]
fn the_next_member_buys_in_the_place_of_a_buyer_who_has_left() {
    let buys = "until 20 Jan
         admission = { estimate = \"exact\" }
         packages = [{ name = \"a\", credits = 10, price = \"1 USD\" }]
         customer members = 3
         customer billing_members = 1
         customer buyer = { on_refusal = 1.0, ask_delay = \"1 day\" }
         use 4 at 6 Jan by 1";
    let asks = format!("{buys}\nat 6 Jan 00:01: settled 0\nat 7 Jan 00:01: settled 6\n=> served 1");
    let heir = format!("{buys}\nseat 0 leaves 5 Jan\nat 6 Jan 00:01: settled 6\n=> served 1");
    let nobodys = format!("{buys}\nseat 1 leaves 5 Jan\nat 6 Jan 00:01: settled 6\n=> served 1");
    let row = |sentence, text: &String| (sentence, text.clone().leak() as &'static str);
    check(&[
        row("member 1 has to ask member 0", &asks),
        row("but not once that has left", &heir),
        row("nobody asks for who is away", &nobodys),
    ]);
}
