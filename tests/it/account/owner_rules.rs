//! Alerts and automatic rules that look at each owner by itself (docs/semantics.md §7.14, §7.15, §8.6).

use super::harness::check;

#[test]
fn alerts_look_at_each_member() {
    check(&[
        (
            "5 of 10 used by member 0: one alert of its own, none of member 1, none of the 115 of all",
            "customer members = 2
             grant 1: 10 included, per member
             grant 2: 100 included
             alerts = [{ at_or_below = \"50%\", per = \"member\" }]
             use 4 at 2 Jan by 0
             use 1 at 3 Jan by 0
             use 1 at 4 Jan by 0
             => warnings 1",
        ),
        (
            "each has its own: 5 of 10, and 6 of 10; again after more was issued",
            "customer members = 2
             grant 1: 10 included, per member
             grant 2: 10 included, per member, from 10 Jan
             alerts = [{ below = 6, per = \"member\" }]
             use 5 at 2 Jan by 0
             use 6 at 2 Jan by 1
             use 10 at 11 Jan by 0
             => warnings 3",
        ),
        (
            "of what was usable after the close and issued since: half of 20",
            "until 20 Feb
             customer members = 2
             allowance = { credits = 10, per = \"member\" }
             rollover = \"all\"
             alerts = [{ at_or_below = \"50%\", per = \"member\" }]
             use 4 at 2 Feb by 0
             use 6 at 3 Feb by 0
             => warnings 1",
        ),
        (
            "by project",
            "customer projects = 2
             grant 1: 10 included, per project
             alerts = [{ below = 3, per = \"project\", level = \"critical\" }]
             use 8 at 2 Jan in 1
             use 7 at 2 Jan in 0
             => criticals 1",
        ),
    ]);
}

#[test]
fn rules_look_at_each_member_and_buy_its_lot() {
    check(&[
        (
            "member 1 falls to 2 of 10, and has 20 more of its own; what member 0 has stays",
            "admission = { estimate = \"exact\" }
             customer members = 2
             grant 1: 10 included, per member
             packages = [{ name = \"a\", credits = 20, price = \"2 USD\" }]
             top_up = { threshold = 5, per = \"member\" }
             use 8 at 2 Jan by 1
             use 15 at 3 Jan by 1
             use 11 at 3 Jan by 0
             => top-ups 1, served 2, refused 1, remaining 17",
        ),
        (
            "at the opening every member has nothing, and gets 20",
            "customer members = 3
             packages = [{ name = \"a\", credits = 20, price = \"2 USD\" }]
             top_up = { threshold = 5, per = \"member\" }
             => top-ups 3, issued 60, cash 6",
        ),
        (
            "cooldown and what is under way are each owner's",
            "customer members = 2
             grant 1: 10 included, per member
             packages = [{ name = \"a\", credits = 2, price = \"2 USD\" }]
             top_up = { threshold = 5, per = \"member\", cooldown = \"10 days\", processing = \"1 h\" }
             use 8 at 2 Jan by 0
             use 8 at 2 Jan by 1
             => top-ups 4, remaining 12",
        ),
        (
            "a cap is the organization's: 1 a month",
            "until 20 Jan
             customer members = 2
             grant 1: 10 included, per member
             packages = [{ name = \"a\", credits = 20, price = \"2 USD\" }]
             top_up = { threshold = 5, per = \"member\", cap = { count = 1, per = \"month\" } }
             use 8 at 2 Jan by 0
             use 8 at 2 Jan by 1
             => top-ups 1",
        ),
        (
            "or each member's",
            "until 20 Jan
             customer members = 2
             grant 1: 10 included, per member
             packages = [{ name = \"a\", credits = 1, price = \"2 USD\" }]
             top_up = { threshold = 5, per = \"member\", cap = { count = 1, per = \"month\", each = \"member\" } }
             use 8 at 2 Jan by 0
             use 8 at 2 Jan by 1
             use 1 at 3 Jan by 1
             => top-ups 2",
        ),
        (
            "of a rule of the organization: by whose operation causes it",
            "until 20 Jan
             customer members = 2
             grant 1: 10 included
             packages = [{ name = \"a\", credits = 1, price = \"2 USD\" }]
             top_up = { threshold = 5, cap = { count = 1, per = \"month\", each = \"member\" } }
             use 8 at 2 Jan by 0
             use 1 at 3 Jan by 0
             use 1 at 4 Jan by 1
             => top-ups 2, remaining 2",
        ),
        (
            "who has left is topped up no more",
            "until 20 Jan
             customer members = 2
             seat 0 leaves 2 Jan
             grant 1: 10 included, per member
             packages = [{ name = \"a\", credits = 20, price = \"2 USD\" }]
             top_up = { threshold = 5, per = \"member\" }
             use 8 at 3 Jan by 1
             => top-ups 1, expired 10",
        ),
    ]);
}
