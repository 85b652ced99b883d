"""The modules that an Asterisk of ours loads, and what each brings into the dialplan. One table for the renderer
(modules.conf, autoload=no) and for the checker (an application that no module brings is a mistake)."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Module:
    """`name` without .so; applications and functions in Asterisk's own spelling, blank-separated."""

    name: str
    applications: str = ""
    functions: str = ""


# Part of the program itself.
CORE: Final = Module(
    "core",
    "Answer Busy Congestion ExecIfTime Goto GotoIf GotoIfTime Hangup Incomplete NoOp Proceeding Progress "
    "RaiseException Ringing SayDigits SayNumber Set Wait WaitExten",
    "EXCEPTION",
)

_SIP: Final = tuple(
    Module(name)
    for name in (
        "res_sorcery_config",
        "res_sorcery_memory",
        "res_sorcery_astdb",
        "res_timing_timerfd",
        "res_pjproject",
        "res_pjsip",
        "res_pjsip_session",
        "res_pjsip_pubsub",
        "res_pjsip_authenticator_digest",
        "res_pjsip_outbound_authenticator_digest",
        "res_pjsip_endpoint_identifier_ip",
        "res_pjsip_endpoint_identifier_user",
        "res_pjsip_outbound_registration",
        "res_pjsip_registrar",
        "res_pjsip_sdp_rtp",
        "res_pjsip_caller_id",
        "res_pjsip_nat",
        "res_pjsip_rfc3326",
        "res_pjsip_dtmf_info",
        "res_rtp_asterisk",
        "codec_ulaw",
        "codec_alaw",
        "codec_a_mu",
        "format_pcm",
        "format_sln",
        "format_wav",
        "bridge_simple",
        "bridge_builtin_features",
        "pbx_config",
    )
)

_DIALPLAN: Final = (
    Module("chan_pjsip", functions="PJSIP_DIAL_CONTACTS PJSIP_MEDIA_OFFER PJSIP_DTMF_MODE"),
    Module("app_dial", "Dial RetryDial"),
    Module("app_exec", "Exec ExecIf TryExec"),
    Module("app_playback", "Playback"),
    Module("app_stack", "Gosub GosubIf Return StackPop", "LOCAL LOCAL_PEEK STACK_PEEK"),
    Module("func_callerid", functions="CALLERID CONNECTEDLINE REDIRECTING"),
    Module("func_channel", functions="CHANNEL CHANNELS MASTER_CHANNEL"),
    Module("func_logic", functions="IF IFTIME SET EXISTS ISNULL IMPORT"),
    Module("func_strings", functions="FILTER REGEX LEN STRFTIME TOUPPER TOLOWER REPLACE"),
    Module("func_timeout", functions="TIMEOUT"),
    Module("func_cut", functions="CUT SORT"),
    Module("func_dialplan", functions="DIALPLAN_EXISTS VALID_EXTEN"),
    Module("func_hangupcause", functions="HANGUPCAUSE HANGUPCAUSE_KEYS"),
)

PBX_MODULES: Final = (
    *_SIP,
    Module("bridge_softmix"),
    Module("res_pjsip_refer"),
    Module("res_manager_devicestate"),
    Module("res_musiconhold", "MusicOnHold StartMusicOnHold StopMusicOnHold"),
    # res_agi asks for res_speech, although nothing here listens to words
    Module("res_speech"),
    Module("res_agi", "AGI"),
    # cel_custom leans on it since 22.8; older versions have none and say so once
    Module("res_cdrel_custom"),
    Module("cel_custom"),
    *_DIALPLAN,
    Module("app_celgenuserevent", "CELGenUserEvent"),
    Module("app_db", "DBdel DBdeltree"),
    Module("app_mixmonitor", "MixMonitor StopMixMonitor", "MIXMONITOR"),
    Module("app_read", "Read"),
    Module("app_record", "Record"),
    Module("app_userevent", "UserEvent"),
    Module("func_db", functions="DB DB_DELETE DB_EXISTS DB_KEYS"),
    Module("func_env", functions="ENV STAT FILE FILE_COUNT_LINE FILE_FORMAT"),
    Module("func_global", functions="GLOBAL"),
    Module("func_lock", functions="LOCK TRYLOCK UNLOCK"),
    Module("func_groupcount", functions="GROUP GROUP_COUNT GROUP_LIST GROUP_MATCH_COUNT"),
)

CARRIER_MODULES: Final = (
    *_SIP,
    *_DIALPLAN,
    Module("pbx_spool"),
    Module("res_pjsip_refer"),
    Module("app_transfer", "Transfer"),
    Module("app_originate", "Originate"),
    Module("app_senddtmf", "SendDTMF PlayDTMF"),
    Module("app_mixmonitor", "MixMonitor StopMixMonitor", "MIXMONITOR"),
    Module("func_base64", functions="BASE64_ENCODE BASE64_DECODE"),
    Module("func_db", functions="DB DB_DELETE DB_EXISTS DB_KEYS"),
)


def applications_of(modules: tuple[Module, ...]) -> frozenset[str]:
    return frozenset(name for module in (CORE, *modules) for name in module.applications.split())


def functions_of(modules: tuple[Module, ...]) -> frozenset[str]:
    return frozenset(name for module in (CORE, *modules) for name in module.functions.split())
