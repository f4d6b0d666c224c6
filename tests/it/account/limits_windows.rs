//! What became of a limit's windows, and a row for each meter at the end (docs/semantics.md §15.13).

use super::harness::check;

#[test]
fn windows_with_an_operation_in_them_are_reported_at_their_ends() {
    check(&[
        (
            "three days used, one of them all of it: 10 + 4 + 7 of 30 are used; the 31st of March ends with the horizon",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"day\", amount = 10, window = { every = \"day\" } }]
             grant 1: 100 purchased
             use 10 at 2 Jan
             use 4 at 3 Jan
             use 7 at 31 Mar
             => limit-windows 3, limit-exhausted 1, limit-unused 9, limit-offered 30, limit-rows 7/3",
        ),
        (
            "one that the end of the horizon cuts off is no window that has ended: of the weeks from Monday 6 Jan and 31 Mar, one",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"week\", amount = 10, window = { every = \"week\" } }]
             grant 1: 100 purchased
             use 4 at 6 Jan
             use 3 at 31 Mar
             => limit-windows 1, limit-exhausted 0, limit-unused 6, limit-offered 10, limit-rows 3/7",
        ),
        (
            "windows that the first use opens, if they are to be reported; those of nobody are none",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"five\", amount = 10, window = { first_use = \"5 h\" }, report = \"windows\" }, { name = \"other\", amount = 10, window = { first_use = \"5 h\" } }]
             grant 1: 100 purchased
             use 6 at 2 Jan 09:00
             use 4 at 2 Jan 13:00
             use 1 at 2 Jan 14:00
             => limit-windows 2+0, limit-exhausted 1+0, limit-unused 9+0, limit-offered 20+0, limit-rows 0/10+0/10",
        ),
        (
            "of each member: one used all of a day, the other a tenth of two",
            "members 2, billing 1
             admission = { estimate = \"exact\" }
             limits = [{ name = \"seat\", amount = 10, per = \"member\", window = { every = \"day\" }, report = \"windows\" }]
             grant 1: 100 purchased
             use 10 at 2 Jan by 0
             use 1 at 2 Jan by 1
             use 1 at 3 Jan by 1
             => limit-windows 3, limit-exhausted 1, limit-unused 18, limit-offered 30, limit-rows 0/10-of-0+0/10-of-1",
        ),
        (
            "what was exhausted and begins anew was exhausted; what is left at the end counts",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"day\", amount = 10, window = { every = \"day\" } }]
             resets = [{ limits = [\"day\"], at = [2025-01-02T12:00:00] }]
             grant 1: 100 purchased
             use 10 at 2 Jan
             use 3 at 2 Jan 13:00
             => limit-windows 1, limit-exhausted 1, limit-unused 7, limit-offered 10",
        ),
        (
            "windows that ended before outcomes count are none, though nobody has looked at the meter since",
            "measured from 10 Jan
             admission = { estimate = \"exact\" }
             limits = [{ name = \"day\", amount = 10, window = { every = \"day\" } }]
             grant 1: 100 purchased
             use 10 at 2 Jan
             use 4 at 31 Jan
             => limit-windows 1, limit-exhausted 0, limit-unused 6, limit-offered 10",
        ),
        (
            "first instants of a meter: full, lacking, refused; one that another limit's refusal touches lacks, and refuses nothing",
            "limits = [{ name = \"a\", amount = 1, unit = \"operations\" }, { name = \"b\", amount = 1, unit = \"operations\" }]
             grant 1: 100 purchased
             use 1 at 2 Jan
             use 1 at 3 Jan
             use 1 at 4 Jan
             => limit-firsts 2025-01-02T00:00:00Z/2025-01-03T00:00:00Z/2025-01-03T00:00:00Z+2025-01-02T00:00:00Z/2025-01-03T00:00:00Z/never, limit-rows 1/0+1/0",
        ),
        (
            "work in flight at the end is what is used then; nothing limits what is `none`",
            "limits = [{ name = \"two\", unit = \"in-flight\", amount = 2 }, { name = \"count\", unit = \"operations\", amount = \"none\" }]
             grant 1: 100 purchased
             use 1 at 31 Mar 23:00 for 2 h
             => in-flight 1, limit-rows 1/1+1/none",
        ),
    ]);
}

#[test]
fn a_charge_while_no_window_is_open_adds_to_the_one_in_which_its_operation_started() {
    check(&[
        (
            "6 hours from 9:00 are charged at 15:00, when the window until 14:00 has ended: 6 of its 10 are used, 8 of the next",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"five\", amount = 10, window = { first_use = \"5 h\" }, report = \"windows\" }]
             grant 1: 100 purchased
             use 6 at 2 Jan 09:00 for 6 h
             use 8 at 2 Jan 16:00
             => served 2, limit-windows 2, limit-exhausted 0, limit-unused 6, limit-offered 20, limit-overrun 0",
        ),
        (
            "two of them come to 13 of 10: 3 over, nothing is left of the window, which is full as the second is charged",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"five\", amount = 10, window = { first_use = \"5 h\" }, report = \"windows\" }]
             grant 1: 100 purchased
             use 6 at 2 Jan 09:00 for 6 h
             use 7 at 2 Jan 09:30 for 6 h
             => served 2, limit-windows 1, limit-exhausted 1, limit-unused 0, limit-offered 10, limit-overrun 3, limit-firsts 2025-01-02T15:30:00Z/never/never",
        ),
        (
            "while the next one is open it counts there: 5 and 6 of 10, and nothing of the first",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"five\", amount = 10, window = { first_use = \"5 h\" }, report = \"windows\" }]
             grant 1: 100 purchased
             use 6 at 2 Jan 09:00 for 6 h
             use 5 at 2 Jan 14:30
             => served 2, limit-windows 2, limit-exhausted 1, limit-unused 10, limit-offered 20, limit-overrun 1",
        ),
        (
            "it takes no room and nobody is told: all of the next window is free",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"five\", amount = 10, window = { first_use = \"5 h\" }, alerts = [\"50%\"] }]
             grant 1: 100 purchased
             use 10 at 2 Jan 09:00 for 6 h
             use 4 at 2 Jan 15:00:01
             use 6 at 2 Jan 16:00
             => served 3, warnings 1",
        ),
        (
            "each operation adds to its own window: 4 of the first, 3 of the second, charged after both have ended",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"hour\", amount = 10, window = { first_use = \"1 h\" }, report = \"windows\" }]
             grant 1: 100 purchased
             use 4 at 2 Jan 09:00 for 9 h
             use 3 at 2 Jan 11:00 for 9 h
             use 8 at 2 Jan 11:30 for 9 h
             => served 3, limit-windows 2, limit-exhausted 1, limit-unused 6, limit-offered 20, limit-overrun 1",
        ),
        (
            "what of a quantity is counted at the end adds in the same way",
            "feature work: quantities = { tokens = 1 }
             admission = { estimate = \"exact\" }
             limits = [{ name = \"hour\", amount = 10, unit = \"tokens\", counted = \"end\", window = { first_use = \"1 h\" }, report = \"windows\" }]
             grant 1: 100 purchased
             use 1 with 7 tokens at 2 Jan 09:00 for 9 h
             use 1 with 5 tokens at 2 Jan 09:30 for 9 h
             => served 2, limit-windows 1, limit-exhausted 1, limit-unused 0, limit-offered 10, limit-overrun 2",
        ),
        (
            "a window that a reset has closed is another one than the next: 6 of it are used after it was, 7 of the other",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"hour\", amount = 10, window = { first_use = \"1 h\" }, report = \"windows\" }]
             resets = [{ limits = [\"hour\"], at = [2025-01-02T09:30:00], window = \"restart\" }]
             grant 1: 100 purchased
             use 6 at 2 Jan 09:00 for 9 h
             use 7 at 2 Jan 09:30 for 9 h
             => served 2, limit-windows 2, limit-exhausted 0, limit-unused 7, limit-offered 20",
        ),
        (
            "windows that ended before outcomes count are not reported, what overruns them after that is",
            "measured from 10 Jan
             admission = { estimate = \"exact\" }
             limits = [{ name = \"hour\", amount = 10, window = { first_use = \"1 h\" }, report = \"windows\" }]
             grant 1: 100 purchased
             use 9 at 9 Jan 22:00 for 4 h
             use 8 at 9 Jan 22:00 for 5 h
             => served 2, limit-windows 0, limit-unused 0, limit-overrun 7",
        ),
        (
            "what a charge has exhausted in which nothing started is no window, and exhausts none behind it",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"day\", amount = 10, window = { every = \"day\" }, on_limit = \"allow\" }]
             grant 1: 100 purchased
             use 20 at 2 Jan 23:00 for 2 h
             use 1 at 9 Jan
             => limit-windows 2, limit-exhausted 0, limit-unused 19, limit-offered 20",
        ),
        (
            "nothing limits a window of an amount that may not be reached: one of nothing is used from the start",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"none\", amount = 0, on_limit = \"allow\", window = { every = \"day\" } }]
             grant 1: 100 purchased
             use 0 at 2 Jan
             => limit-windows 1, limit-exhausted 1, limit-unused 0",
        ),
    ]);
}
