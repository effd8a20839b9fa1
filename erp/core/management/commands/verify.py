"""Answers: does every invariant hold right now, and up to which journal sequence is that proven?"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from erp.core.services.proof import Proof, prove, verify_run
from erp.core.services.user import system_user


class Command(BaseCommand):
    help = "Prove every invariant in one snapshot; exit 1 on any violation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="machine-readable result on stdout")
        parser.add_argument("--only", nargs="+", metavar="CODE", help="only these codes; keeps no evidence")

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will print the proof, keep it as a VerifyRun, and leave with 1 when anything is violated."""
        if options["only"]:
            proof = prove(codes=frozenset(options["only"]))
        else:
            _, proof = verify_run(actor=system_user(), at=timezone.now())
        self.stdout.write(_as_json(proof) if options["json"] else self._as_text(proof))
        if proof.violations:
            sys.exit(1)

    def _as_text(self, proof: Proof) -> str:
        lines = []
        for finding in proof.findings:
            mark = self.style.ERROR("FAIL") if finding.violations else self.style.SUCCESS("  ok")
            lines.append(
                f"{mark}  {finding.code:<4} {finding.app:<12} {finding.title:<78} "
                f"{finding.violations:>8,} {finding.seconds:>8.3f} s"
            )
            lines += [f"        {json.dumps(row, ensure_ascii=False)}" for row in finding.rows]
        held = sum(1 for finding in proof.findings if not finding.violations)
        lines.append(
            f"{held} of {len(proof.findings)} statements hold, {proof.violations:,} violations, in {proof.seconds:.2f} s; "
            f"proven up to stock event {proof.stock_sequence:,} and journal entry {proof.journal_entry_id:,}."
        )
        return "\n".join(lines)


def _as_json(proof: Proof) -> str:
    return json.dumps(
        {
            "violations": proof.violations,
            "stock_sequence": proof.stock_sequence,
            "journal_entry_id": proof.journal_entry_id,
            "seconds": round(proof.seconds, 3),
            "invariants": [
                {
                    "app": finding.app,
                    "code": finding.code,
                    "title": finding.title,
                    "violations": finding.violations,
                    "seconds": round(finding.seconds, 3),
                    "rows": finding.rows,
                }
                for finding in proof.findings
            ],
        },
        indent=1,
    )
