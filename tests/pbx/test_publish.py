"""New files for a PBX that carries calls: bad ones are never read, good ones are, and nobody is cut off."""

from dataclasses import replace

import pytest

from callcore.asterisk.publish import BadConfig, publish, reload_pbx
from dialplans.plan import PhoneKind, PhonePlan, RenderedConfig
from dialplans.render import render_pbx
from tests.pbx.lab import STAYS_S, customer

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]


async def test_bad_files_leave_the_running_pbx_as_it_was(lab):
    before = await lab.pbx.cli("dialplan show")
    files = render_pbx(lab.plan).files
    text = files["extensions.conf"].replace("dl-voicemail,s,1", "dl-voicemale,s,1")
    with pytest.raises(BadConfig, match=r"extensions\.conf:\d+: there is no context dl-voicemale"):
        publish(RenderedConfig({**files, "extensions.conf": text}), lab.dirs.etc)
    await lab.pbx.cli("dialplan reload")
    assert await lab.pbx.cli("dialplan show") == before


async def test_a_new_phone_is_known_after_a_reload_and_the_talk_goes_on(lab, ear, application):
    application.route(("p1", 15))
    call = await lab.customers.place_call(customer(talk_s=STAYS_S))
    await ear.accepted()
    newcomer = PhonePlan("p77", PhoneKind.SIP, "Новый", secret="secret-p77-p77")
    try:
        newer = publish(render_pbx(replace(lab.plan, phones=(*lab.plan.phones, newcomer))), lab.dirs.etc)
        assert newer.changed == ("extensions.conf", "pjsip.conf")
        await reload_pbx(lab.pbx.cli, lab.dirs.etc, newer)
        assert "p77" in await lab.pbx.cli("dialplan show p77@dl-leg")
        assert "p77" in await lab.pbx.cli("pjsip show endpoint p77")
        assert call in await lab.customers.calls_in_progress()
        assert (await lab.leave(call)).startswith("ANSWER")
        assert (await ear.milestone("done"))["Result"] == "ANSWER"
    finally:
        await reload_pbx(lab.pbx.cli, lab.dirs.etc, publish(render_pbx(lab.plan), lab.dirs.etc))
    assert "Unable to find object" in await lab.pbx.cli("pjsip show endpoint p77")
