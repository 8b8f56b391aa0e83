"""Messages written by hand, as the guide shows them, and one that no machine should send."""

from __future__ import annotations

from typing import Any

import pytest

SECRETS = ("Doe", "Jane", "19700101", "Elm Street", "5551234", "Dr. House", "Ward 7", "4711007")


class Words:
    """What tests import from here, since the folder is no package."""

    SECRETS = SECRETS

    @staticmethod
    def message(*segments: str, kind: str = "ORU^R01^ORU_R01", control_id: str = "17", more: str = "") -> bytes:
        """A block in MLLP: a header and these segments."""
        head = f"MSH|^~\\&|MACHINE^0123456789ABCDEF^EUI-64||homehd||20230301120000||{kind}|{control_id}|P|2.6{more}"
        return b"\x0b" + "".join(f"{segment}\r" for segment in (head, *segments)).encode("utf-8") + b"\x1c\r"

    @staticmethod
    def obx(identifier: str, value: str, unit: str = "", limits: str = "", status: str = "F", time: str = "") -> str:
        """One OBX as the guide lays it out."""
        return f"OBX|1|NM|{identifier}^MDC|1.1.3.15|{value}|{unit}|{limits}||||{status}|||{time}|||AMEAS"

    @classmethod
    def alarm(
        cls, kind: str, about: str, phase: str, *more: str, state: str = "active", control_id: str = "17"
    ) -> bytes:
        """PCD-04 of one alarm."""
        return cls.message(
            f"OBR|1||x|{kind}^MDC",
            f"OBX|1|ST|{kind}^MDC|1.0.0.0.1|{about}|||PH~ST|||F",
            *more,
            f"OBX|3|ST|68481^MDC_ATTR_EVENT_PHASE^MDC|1.0.0.0.3|{phase}||||||F",
            f"OBX|4|ST|68482^MDC_ATTR_ALARM_STATE^MDC|1.0.0.0.4|{state}||||||F",
            kind="ORU^R40^ORU_R40",
            control_id=control_id,
        )

    @classmethod
    def nosy(cls) -> bytes:
        """A message with a person in every place where one could be, and in some where none should be."""
        return cls.message(
            "PID|1||4711007^^^^MR~SIM-HD/S1^^^^U~Jane Doe^^^^U||Doe^Jane||19700101|F|||Elm Street||5551234",
            "PD1||||Dr. House", "NK1|1|Doe^Jane|SPO|Elm Street|5551234", "PV1|1|I|Ward 7^^^^^H|||Dr. House",
            "NTE|1||Jane Doe does not feel well", "ORC|NW|4711007|||||||||Dr. House",
            "OBR|1|4711007|Jane Doe^MACHINE|70929^MDC_DEV_HDIALY_MDS^MDC||||||||||||Dr. House",
            cls.obx("158776^MDC_HDIALY_BLD_PUMP_PRESS_VEN", "Doe", "mm[Hg]"),
            cls.obx("158744^MDC_HDIALY_BLD_PRESS_ART", "-120", "Jane"),
            cls.obx("158594^MDC_HDIALY_MACH_MODE_OF_OPERATION", "Jane Doe"),
            cls.obx("158593^MDC_HDIALY_MACH_MODE_DESCRIPTION", "Jane Doe is treated"),
            cls.obx("158610^MDC_HDIALY_FILTER_NAME", "Doe Filter"),
            cls.obx("68546^MDC_ATTR_ALERT_TEXT", "Call 5551234"),
            cls.obx("158740^Jane_Doe", "300", "mL/min", limits="Jane-Doe"),
            cls.obx("158600^MDC_HDIALY_ANTICOAG_MODE", "Jane"),
            cls.obx("531970^MDC_ID_MODEL_MANUFACTURER", "Doe, Jane"),
            cls.obx("158852^MDC_HDIALY_FILTER_TRANSMEMBRANE_PRESS", "100", "mm[Hg]", status="Doe"),
            "ZPI|Jane Doe|19700101",
        )  # fmt: skip


@pytest.fixture(scope="session")
def words() -> Any:
    return Words
