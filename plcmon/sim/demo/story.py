"""The story: what goes wrong, and what must come true of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_string
from email.message import EmailMessage
from email.policy import default as modern

from plcmon.client import Client
from plcmon.operations.views import IntentView, IssueView, WhyView
from plcmon.sim.demo.cast import Cast, Part, choose
from plcmon.sim.demo.stage import Stage
from plcmon.sim.demo.tale import Tale

DESTRUCTIVE = ("off", "cycle")


@dataclass
class Story:
    """One telling, on one stage."""

    stage: Stage
    tale: Tale
    desk: Client
    seed: int

    async def tell(self) -> None:
        """Tell it all. What did not come true is in `tale.failed`."""
        self.cast = cast = choose(await self.stage.control.state(), seed=self.seed)
        await self.settled_fleet()
        await self.break_things(cast)
        async with asyncio.TaskGroup() as acts:
            acts.create_task(self.silent_node(cast.silent), name="silent")
            acts.create_task(self.lying_pcu(cast.lied_to), name="lying")
            acts.create_task(self.deaf_node(cast.deaf), name="deaf")
            acts.create_task(self.dark_site(cast.dark_site, cast.dark_nodes), name="dark")
        await self.why(cast.lied_to)
        await self.killed_between_off_and_on(cast.killed)
        await self.everything_dark()
        await self.afterwards(cast)
        await self.show_mail(cast)

    async def settled_fleet(self) -> None:
        async def check() -> str:
            summary = await self.desk.summary()
            up = summary.nodes.get("good", 0) + summary.nodes.get("online", 0)
            ready = up == sum(summary.nodes.values()) and summary.scan_at is not None
            return f"{up} nodes on {summary.sites} sites, {summary.pcus} PCUs" if ready else ""

        await self.tale.claim("everything is seen well", check, within=20)

    async def break_things(self, cast: Cast) -> None:
        say, control = self.tale.say, self.stage.control
        say(f"now {cast.silent.hostname} hangs;")
        await control.fault("silent", node=cast.silent.node)
        say(f"    {cast.lied_to.pcu} will say yes and do nothing, and its node hangs;")
        await control.fault("lies", pcu=cast.lied_to.pcu)
        await control.fault("silent", node=cast.lied_to.node)
        say(f"    {cast.deaf.hostname} lets nobody in;")
        await control.fault("deaf", node=cast.deaf.node)
        say(f"    the whole site {cast.dark_site} goes dark.")
        await control.fault("dark", site=cast.dark_site)

    async def silent_node(self, part: Part) -> None:
        """Found, its PCU read, cycled, verified."""

        async def fixed() -> str:
            done = [i for i in await self.cycles(part) if i.verdict == "fixed"]
            return f"{done[0].detail}" if done else ""

        await self.tale.claim(
            f"{part.hostname} was found silent, its outlet read and cycled, and is fixed",
            fixed,
            within=45,
        )
        cut = await self.cuts(part)
        self.tale.settle("    it was cut exactly once", so=len(cut) == 1, found=f"{len(cut)} cut")

    async def lying_pcu(self, part: Part) -> None:
        """Two honest attempts, `pcu_broken`, a mail, no third cycle."""

        async def broken() -> str:
            found = await self.issues_of(part.pcu, "pcu_broken")
            return found[0].summary if found else ""

        await self.tale.claim(f"{part.pcu} is found to lie", broken, within=60)

        async def mailed() -> str:
            mails = await self.stage.control.mails()
            wanted = [m for m in mails if part.pcu in m["subject"]]
            return f"“{wanted[0]['subject']}” to {wanted[0]['recipients'][0]}" if wanted else ""

        await self.tale.claim(f"    and {part.site} is told", mailed, within=20)
        attempts = [i for i in await self.cycles(part) if i.sent_at is not None]
        honest = len(attempts) == 2 and all(i.verdict == "not_rebooted" for i in attempts)
        self.tale.settle("    after two honest attempts", so=honest, found=f"{len(attempts)} made")

    async def deaf_node(self, part: Part) -> None:
        """Told, never cycled."""

        async def told() -> str:
            found = await self.issues_of(part.hostname, "node_login")
            return found[0].summary if found and found[0].rung else ""

        await self.tale.claim(
            f"{part.hostname} is alive or blocked: its site is told", told, within=45
        )

    async def dark_site(self, site: str, nodes: Sequence[str]) -> None:
        """One issue, not its nodes'."""

        async def one_issue() -> str:
            found = await self.issues_of(site, "site_unreachable")
            return found[0].summary if found else ""

        claim = f"{site} is out of reach: one issue of the site"
        await self.tale.claim(claim, one_issue, within=60)
        of_nodes = [i for i in await self.desk.issues() if i.site == site and i.type == "node_down"]
        so = not of_nodes
        found = f"{len(of_nodes)} for its {len(nodes)} nodes"
        self.tale.settle("    and none of its nodes", so=so, found=found)

    async def killed_between_off_and_on(self, part: Part) -> None:
        """The service dies while a node is dark; started anew, the node is on within seconds."""
        self.tale.say(f"now {part.hostname} hangs, and plcmon will be killed while it is off")
        await self.stage.control.fault("silent", node=part.node)
        await self.stage.control.until({"fed": [[False]]}, within=40, node=part.node)
        await self.stage.kill()
        self.tale.say(f"    {part.pcu} outlet {part.outlet} is off; plcmon was killed just now")
        await self.stage.start()

        async def on() -> str:
            node = await self.stage.control.node(part.node)
            return "the outlet is on" if node["fed"][0] == [True] else ""

        await self.tale.claim("    started anew, it gives the node its power back", on, within=15)

        async def fixed() -> str:
            done = [i for i in await self.cycles(part) if i.verdict == "fixed"]
            return done[0].detail if done else ""

        await self.tale.claim("    and proves that it booted", fixed, within=25)
        cut = await self.cuts(part)
        self.tale.settle("    it was cut exactly once", so=len(cut) == 1, found=f"{len(cut)} cut")

    async def everything_dark(self) -> None:
        """Our own vantage is dead: nothing done, nothing mailed."""
        self.tale.say("now everything is dark, canaries too: it is us")
        before = await self.desk.summary()
        mails = len(await self.stage.control.mails())
        await self.stage.control.fault("dark", everything=True)

        async def blind() -> str:
            return "yes" if (await self.desk.summary()).blind else ""

        await self.tale.claim("    plcmon knows that it is blind", blind, within=10)
        await asyncio.sleep(8)  # sixteen minutes of policy: enough to do harm
        after = [i for i in await self.desk.intents() if i.planned_at > before.at]
        power = [i for i in after if i.kind.startswith("power") and i.sent_at is not None]
        sent = len(await self.stage.control.mails()) - mails
        self.tale.settle(
            "    nothing was done and nothing mailed",
            so=not power and not sent,
            found=f"{len(power)} actions, {sent} mails",
        )
        await self.stage.control.heal(everything=True)

        async def seeing() -> str:
            return "" if (await self.desk.summary()).blind else "yes"

        await self.tale.claim("    and it sees again", seeing, within=10)

    async def afterwards(self, cast: Cast) -> None:
        """What must still be true at the end."""
        deaf = [i for i in await self.cycles(cast.deaf) if i.sent_at is not None]
        self.tale.settle("the deaf node was never cycled", so=not deaf)
        lies = [i for i in await self.cycles(cast.lied_to) if i.sent_at is not None]
        found = f"{len(lies)} cycles"
        self.tale.settle("the lying PCU got no third cycle", so=len(lies) == 2, found=found)
        everything = await self.desk.intents(limit=1000)
        there = [i for i in everything if i.site == cast.dark_site and i.sent_at is not None]
        power = [i for i in there if i.kind.startswith("power")]
        self.tale.settle("no power was cut at the dark site", so=not power)
        verdict = await self.desk.verify()
        self.tale.settle("the journal of all this holds", so=verdict.holds, found=verdict.text)

    async def show_mail(self, cast: Cast) -> None:
        """One mail as it arrived."""
        mails = await self.stage.control.mails()
        chosen = next((m for m in mails if cast.lied_to.pcu in m["subject"]), None)
        if chosen is None:
            self.tale.settle("a mail as it arrived", so=False, found="there is none")
            return
        self.tale.say("a mail as it arrived:")
        path = self.stage.fleet.folder / "mail" / chosen["file"]
        text = await asyncio.to_thread(path.read_text, encoding="utf-8", errors="replace")
        self.tale.note(first_part(text))

    async def why(self, part: Part) -> None:
        self.tale.say(f"plcmon why {part.hostname}:")
        self.tale.note(why_text(await self.desk.why(part.hostname)))

    async def cycles(self, part: Part) -> list[IntentView]:
        found = await self.desk.intents(part.hostname)
        return [i for i in found if i.kind == "power-cycle" and i.name == part.hostname]

    async def issues_of(self, name: str, kind: str) -> list[IssueView]:
        found = await self.desk.issues()
        return [i for i in found if i.type == kind and name in (i.name, i.site)]

    async def cuts(self, part: Part) -> list[str]:
        """Destructive commands for the outlet, in the unit's own log."""
        rows = await self.stage.control.commands(part.pcu)
        return [r["verb"] for r in rows if r["outlet"] == part.outlet and r["destructive"]]


def why_text(why: WhyView) -> str:
    marks = {"pass": "✓", "hold": "…", "never": "✗"}
    lines = [why.sentence, f"next: {why.next}" if why.next else ""]
    lines += [f"{marks[gate.answer]} {gate.name}: {gate.fact}" for gate in why.gates]
    lines += [f"to unblock: {line}" for line in why.unblock]
    return "\n".join(line for line in lines if line)


def first_part(mail: str) -> str:
    """The headers that people look at, and the text part."""
    message = message_from_string(mail, policy=modern)
    wanted = ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted")
    lines = [f"{name}: {message[name]}" for name in wanted if message[name]]
    body = message.get_body(("plain",))
    text = str(body.get_content()) if isinstance(body, EmailMessage) else ""
    return "\n".join([*lines, "", *text.strip().splitlines()])
