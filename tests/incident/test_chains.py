"""What joins findings to a chain, and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hevesy.incident.chains import chains_of, is_attempt
from hevesy.model import Outcome, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    Build = Callable[..., Any]

NO_SHELLS: frozenset[str] = frozenset()


def test_a_chain_needs_an_anchor(make_finding: Build) -> None:
    """What succeeded without an anchor (a forwarding rule) is in no chain: it moves no verdict."""
    forwarding = make_finding("f1", stage=Stage.PERSISTENCE, anchor=False)

    assert chains_of("EX01", [forwarding], NO_SHELLS) == ()


def test_a_shared_address_joins_over_hours(make_finding: Build) -> None:
    """The same address hours later belongs to the same chain."""
    exploit = make_finding("f1", 0, anchor=True, pivots=("ip:203.0.113.9",))
    later = make_finding("f2", 600, stage=Stage.SHELL_USED, pivots=("ip:203.0.113.9",))

    (chain,) = chains_of("EX01", [exploit, later], NO_SHELLS)

    assert set(chain.findings) == {"f1", "f2"}
    assert chain.reached is Stage.SHELL_USED


def test_loopback_and_machine_accounts_join_nothing(make_finding: Build) -> None:
    """Addresses and accounts that everybody shares say nothing of who did it."""
    shared = ("account:corp\\ex01$", "ip:127.0.0.1", "ip:::1")
    exploit = make_finding("f1", 0, anchor=True, pivots=shared)
    other = make_finding("f2", 600, stage=Stage.PERSISTENCE, pivots=shared)

    (chain,) = chains_of("EX01", [exploit, other], NO_SHELLS)

    assert chain.findings == ("f1",)


def test_a_page_joins_only_where_it_is_a_shell(make_finding: Build) -> None:
    """Two attackers ask for the same shipped page; that does not make them one."""
    page = ("page:/ecp/default.flt",)
    one = make_finding("f1", 0, anchor=True, pivots=page)
    other = make_finding("f2", 600, anchor=True, pivots=page)

    apart = chains_of("EX01", [one, other], NO_SHELLS)
    joined = chains_of("EX01", [one, other], frozenset({"/ecp/default.flt"}))

    assert len(apart) == 2
    assert len(joined) == 1


def test_what_succeeded_within_half_an_hour_is_joined_by_time(make_finding: Build) -> None:
    """A process log carries no address: minutes after the exploit, time alone joins."""
    exploit = make_finding("f1", 0, anchor=True)
    near = make_finding("f2", 20, stage=Stage.CREDENTIALS)
    far = make_finding("f3", 90, stage=Stage.PERSISTENCE)

    (chain,) = chains_of("EX01", [exploit, near, far], NO_SHELLS)

    assert set(chain.findings) == {"f1", "f2"}
    assert chain.by_time == ("f2",)
    assert chain.reached is Stage.EXPLOIT


def test_an_attempt_near_an_intrusion_is_not_joined_by_time(make_finding: Build) -> None:
    """A scanner that comes by during an intrusion is not part of it."""
    exploit = make_finding("f1", 0, anchor=True)
    probe = make_finding("f2", 5, outcome=Outcome.ATTEMPT, stage=Stage.EXPLOIT)

    anchored, attempts = chains_of("EX01", [exploit, probe], NO_SHELLS)

    assert anchored.findings == ("f1",)
    assert attempts.findings == ("f2",)
    assert not attempts.anchored


def test_steps_stand_in_time_order(make_finding: Build) -> None:
    """A chain reads as what happened, whatever the order of the findings."""
    late = make_finding("f2", 9, anchor=True, stage=Stage.SHELL_USED)
    early = make_finding("f1", 1, anchor=True)

    (chain,) = chains_of("EX01", [late, early], NO_SHELLS)

    assert [step.finding for step in chain.steps] == ["f1", "f2"]


def test_a_shared_value_joins_nothing_over_more_than_a_month(make_finding: Build) -> None:
    """An address is leased on; two months later it may be somebody else's."""
    one = make_finding("f1", 0, anchor=True, pivots=("ip:203.0.113.9",))
    other = make_finding("f2", 60 * 24 * 61, anchor=True, pivots=("ip:203.0.113.9",))

    assert len(chains_of("EX01", [one, other], NO_SHELLS)) == 2


def test_unknown_counts_as_an_attempt_for_requests_only(make_finding: Build) -> None:
    """A file nobody knows moves no verdict; a request that may have worked does."""
    request = make_finding(outcome=Outcome.UNKNOWN, stage=Stage.EXPLOIT)
    file = make_finding(outcome=Outcome.UNKNOWN, stage=Stage.SHELL_PLACED)
    others = make_finding(outcome=Outcome.UNKNOWN, stage=Stage.EXPLOIT, own=False)
    failed_agent = make_finding(outcome=Outcome.ATTEMPT, stage=Stage.PERSISTENCE)

    assert is_attempt(request)
    assert not is_attempt(file)
    assert not is_attempt(others)
    assert not is_attempt(failed_agent)


def test_a_file_without_a_time_joins_by_what_it_shares(make_finding: Build) -> None:
    """An archive may give a shell no time; its path is that of the file which was seen written."""
    path = ("file:c:\\inetpub\\wwwroot\\aspnet_client\\a.aspx",)
    written = make_finding("f1", anchor=True, stage=Stage.SHELL_PLACED, pivots=path)
    on_disk = make_finding(
        "f2", anchor=True, stage=Stage.SHELL_PLACED, pivots=path, first=None, last=None
    )
    elsewhere = make_finding("f3", stage=Stage.PERSISTENCE, first=None, last=None)

    (chain,) = chains_of("EX01", [written, on_disk, elsewhere], NO_SHELLS)

    assert set(chain.findings) == {"f1", "f2"}


def test_a_rule_of_others_is_not_joined_by_an_address(make_finding: Build) -> None:
    """An indicator that matches an administrator's honest request stays out of the intrusion."""
    exploit = make_finding("f1", 0, anchor=True, pivots=("ip:198.51.100.4",))
    honest = make_finding("f2", 900, own=False, pivots=("ip:198.51.100.4",))

    (chain,) = chains_of("EX01", [exploit, honest], NO_SHELLS)

    assert chain.findings == ("f1",)


def test_an_address_that_stands_for_many_joins_nothing(make_finding: Build) -> None:
    """Behind a load balancer two strangers have one address; the request id still joins."""
    balancer, request = "ip:10.0.0.5", "request:1"
    exploit = make_finding("f1", 0, anchor=True, pivots=(balancer, request))
    iis = make_finding("f2", 300, outcome=Outcome.ATTEMPT, pivots=(balancer, request))
    stranger = make_finding("f3", 600, outcome=Outcome.ATTEMPT, pivots=(balancer,))
    findings = [exploit, iis, stranger]

    (naive,) = chains_of("EX01", findings, NO_SHELLS)
    chain, attempts = chains_of("EX01", findings, NO_SHELLS, frozenset({balancer}))

    assert naive.findings == ("f1", "f2", "f3")
    assert (chain.findings, chain.pivots) == (("f1", "f2"), (request,))
    assert (attempts.findings, attempts.pivots, attempts.anchored) == (("f3",), (), False)
