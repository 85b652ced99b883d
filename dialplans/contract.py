"""The names that the dialplan and Python share. A name that stands in both worlds stands here first.

One prefix, DL_. Channel variables are set by the dialplan or by the answer of the FastAGI request; user
events are announced by the dialplan with `UserEvent(DL,…)` and carry the headers below.
"""

from enum import StrEnum
from typing import Final

# --- contexts -----------------------------------------------------------------------------------------------
FROM_TRUNK: Final = "from-trunk"  # a carrier's call enters; the extension is the dialled number
FROM_PHONES: Final = "from-phones"  # a registered phone of ours dials
ENTRY: Final = "dl-entry"  # asks the application where the call goes
WALK: Final = "dl-walk"  # walks the plan that the application answered
LEG: Final = "dl-leg"  # one Local channel per phone; the extension is the phone key
RING: Final = "dl-ring"  # rings one phone of the table in dl-leg
MARK: Final = "dl-mark"  # on the called phone, before it is dialled: call id for CEL
WHISPER: Final = "dl-whisper"  # on the called phone, before it is joined: accept or decline
SCRIPT: Final = (
    "dl-script"  # no plan from the application: a script beside the PBX answers from the last snapshot
)
STATIC: Final = (
    "dl-static"  # no plan from the script either: open outlets by the hours compiled into the dialplan
)
TARGET: Final = "dl-target"  # one outlet of the static branch: a step of the plan when it is open
NOTE_RUNG: Final = "dl-note-rung"  # tells events and CEL which rung took the call
FALLBACK: Final = "dl-fallback"  # no plan at all: duty numbers, one after another
VOICEMAIL: Final = "dl-voicemail"  # nobody answered: a message and a callback task
HANGUP: Final = "dl-hangup"  # hangup handler of the customer's channel
DID_TABLE: Final = "dl-did"  # what is known of a dialled number without the application

# calls that we make
OURS: Final = "dl-ours"  # rings our phones; who accepts goes on to dl-out
OUT: Final = "dl-out"  # dials the outside number, once
OUT_MARK: Final = "dl-out-mark"  # on the outside channel, before it is dialled: recording, last words
OUT_REACHED: Final = "dl-out-reached"  # on the outside channel, when it has answered
PAUSE: Final = "dl-pause"  # on a phone of ours that has dialled PAUSE_KEYS in a talk
MASKED_TALK: Final = "dl-masked"  # a dealer's own telephone that calls our number gets his customer
OUT_END: Final = "dl-out-end"  # hangup handler of the outside channel
# Calls without a phone of ours: AttemptKind -> context that the outside party meets at `s`; it is dialled by dl-out before.
CUSTOMER_FIRST: Final = {"robot": "dl-robot"}

# a talk that is handed on
INTERNAL: Final = "dl-internal"  # one phone of ours dials another, or hands its customer on to it
HAND: Final = "dl-hand"  # the extension says to whom: phone keys joined by dots, HAND_DUTY, +7 and ten digits
HAND_DUTY: Final = "duty"
HAND_MAX_KEYS: Final = 8  # an extension has 79 signs
HAND_RING_S: Final = 25
HAND_QUEUE_S: Final = 120  # nobody took it, nor who handed on: operators, as a queue, for so long
ASKING: Final = "dl-ask"  # somebody asks first; the extension is 1, whom is said by ASK
RETURN: Final = "dl-return"  # nobody took it: back to who handed on, then operators, duty, voicemail
BLIND_KEYS: Final = "##"  # pressed in a talk by our side
ATTENDED_KEYS: Final = "*2"
PAUSE_KEYS: Final = "*7"  # the recording pauses, or goes on

# who waits may ask to be called back
QUEUE_KEY: Final = "dl-queue-key"  # what a key does that was pressed in the queue; the extension is the key
HELD: Final = "dl-held"  # does a caller who has hung up to be called back stand before this one?
HELD_S: Final = 6  # so long a freed phone is left to who has asked to be called back
# With the ticket behind it: the application says again and again that it is about to call who had it; epoch seconds.
HELD_PLACE: Final = "DL_HELD_"
HELD_AT_ONCE: Final = 20  # places of those who have hung up; who asks when so many wait is called without one
HELD_FRESH_S: Final = 5  # a place of which nobody has spoken for longer is held no more

# the robot
ROBOT: Final = "dl-robot"  # on the near half of the customer's call: says the order, reads a key
ROBOT_KEY: Final = "dl-robot-key"  # what a key does; the extension is the key
ROBOT_PERSON: Final = "dl-robot-person"  # key 0: rings phones of ours

# --- channel variables --------------------------------------------------------------------------------------
CALL_ID: Final = "DL_CALL_ID"  # inherited by all channels of a call; = Uniqueid of its first channel
PHONE: Final = "DL_PHONE"  # inherited inside a leg: phone key of who is called
DID: Final = "DL_DID"  # dialled number, digits only
ROUTED: Final = "DL_ROUTED"  # "1" is the last variable of an answer; nothing else proves that a plan is whole
STEPS: Final = "DL_STEPS"  # number of steps
STEP_KEYS: Final = "DL_STEP_{n}_KEYS"  # phone keys of step n (from 1), joined by "-": p12-p31
STEP_RING_S: Final = "DL_STEP_{n}_RING"  # ring seconds of step n
STEP_KIND: Final = "DL_STEP_{n}_KIND"  # StepKind
WHISPER_SOUND: Final = (
    "DL_WHISPER"  # sound to play to the called phone before accepting, without extension; may be empty
)
GREETING_SOUND: Final = (
    "DL_GREETING"  # sound to play to the caller first, or to whom we call before he is joined; may be empty
)
LANGUAGE: Final = "DL_LANG"  # language of prompts
WAITING: Final = "DL_WAITING"  # what the caller hears while phones ring: WAITING_MUSIC, or empty for ringback
WAITING_MUSIC: Final = "music"
STEP_WAIT_S: Final = "DL_STEP_{n}_WAIT"  # step n tries again for so many seconds, as a queue; empty: one try
MAX_WAIT_S: Final = 900
STAFF_LANGUAGE: Final = "ru"  # of those who are rung
MAX_STEPS: Final = 20
MAX_KEYS_PER_STEP: Final = 20

ROUND: Final = "DL_ROUND"  # inherited: which ringing of the call it is; empty for the first, of the plan
ASK: Final = "DL_ASK"  # extension of HAND for a phone that asks first; set on its channel before Atxfer

OWN_GREETING: Final = (
    "DL_OWN_GREETING"  # of the dialled number, compiled in: for rungs without the application
)
OWN_WAITING: Final = "DL_OWN_WAITING"
QUEUE_LOOK_S: Final = 1  # a waiting caller looks so often whether it is his turn and a phone is free
QUEUE_PAUSE_S: Final = 4  # after a try that failed although a phone looked free
QUEUE_SAY_S: Final = 30  # so often the sentence is repeated
WHISPER_KEY_S: Final = "1.5"  # after whisper and prompt; with it 8 s at most pass
PROMPT_KEY_S: Final = "4"  # after the prompt alone

OUT_PREFIX: Final = "out-"  # call ids of calls that we make; no uniqueid of Asterisk begins so
OUT_NUMBER: Final = "DL_TO"  # the outside number, E.164; never inherited, so that no phone of ours has it
OUT_CLI: Final = "DL_CLI"  # the number of ours that the outside party sees, E.164
OUT_KEYS: Final = "DL_OURS"  # phone keys to ring, joined by "-"
OUT_SENT_AT: Final = "DL_SENT"  # epoch seconds of the asking: an old request is not carried out
OUT_FRESH_S: Final = 30
OUT_WAIT_S: Final = (
    180  # an asking that has led to no talk by then is over; PbxPlan.out_ring_s and out_customer_s come first
)
OUT_TALK_S: Final = 10_800  # no call lasts longer
OUT_EXTRA: Final = "DL_X_"  # beginning of further variables that a call may carry
OUT_ONCE: Final = (
    "dl-out"  # AstDB family: call ids that have dialled their number, in three slots of a day each
)

PAUSED: Final = "DL_PAUSED"  # the application's answer to Milestone.PAUSE: PauseAnswer

MASKED: Final = "DL_MASKED"  # phone key of the dealer whose own telephone calls; the answer then has DL_TO and DL_CLI, no steps

TICKET: Final = "DL_X_TICKET"  # of the queue: whose place was held for this call

ROBOT_SAY: Final = "DL_X_SAY"  # the order's own message, a sound
ROBOT_KEYS: Final = "DL_X_KEYS"  # phone keys that key 0 rings, joined by "-"
ROBOT_SOUNDS: Final = "dealerline/robot"  # RobotPhrase lie there; a call is not begun without them
ROBOT_TRIES: Final = 3  # the message is said so often at most
ROBOT_KEY_S: Final = "6"  # wait for a key after the message
ROBOT_LIMIT_S: Final = 420  # of all that the robot says
ROBOT_RING_S: Final = 30  # of our phones after key 0

RING_S: Final = "DL_RING"  # inherited: ring seconds of the present step
ACCEPT_MODE: Final = "DL_ACCEPT"  # inherited inside a leg: AcceptMode
REASON: Final = "DL_REASON"  # FallbackReason: why the application's plan is not what carries the call
SCRIPT_STATUS: Final = "DL_SCRIPT"  # how the script ended that gave no plan: AGISTATUS, or TIMEOUT
SCRIPT_LIMIT_S: Final = 2  # the caller waits at most this long for a script that hangs
DEFAULT_RING_S: Final = 20
MAX_RING_S: Final = 120
ACCEPT_S: Final = (
    10  # the walk's Dial outlives the ringing by this, so that a late answer can still be accepted
)

# --- FastAGI ------------------------------------------------------------------------------------------------
AGI_INBOUND: Final = "inbound"  # agi://host:port/inbound , arguments: call id, DID digits


class StepKind(StrEnum):
    OUTLET = "outlet"
    OPERATORS = "operators"
    DUTY = "duty"


class AcceptMode(StrEnum):
    KEY = "key"
    AT_ONCE = "at-once"


class PauseAnswer(StrEnum):
    """A Phrase each, but for the last."""

    PAUSED = "paused"
    RESUMED = "resumed"
    REFUSED = "refused"


class Phrase(StrEnum):
    """Fixed sounds dealerline/<phrase>-<language>; the dialplan does without those that are not there."""

    ACCEPT = "accept"
    LATE = "late"
    GONE = "gone"
    WAIT = "wait"
    PRESS = "press"  # after WAIT: press 1 to be called back
    PROMISED = "promised"
    VOICEMAIL = "voicemail"
    RECORDED = "recorded"  # to whom we call, before he is joined
    PAUSED = "paused"
    RESUMED = "resumed"


class RobotPhrase(StrEnum):
    """Fixed sounds of the robot's own calls: ROBOT_SOUNDS/<phrase>."""

    MENU = "menu"
    WRONG = "wrong"
    AGAIN = "again"
    CONFIRMED = "confirmed"
    CHANGED = "changed"
    CONNECTING = "connecting"
    NOBODY = "nobody"
    STOPPED = "stopped"
    SILENCE = "silence"


class FallbackReason(StrEnum):
    AGI_FAILURE = "agi-failure"  # nobody listens, or the request broke
    NO_PLAN = "no-plan"  # an answer without DL_ROUTED=1
    TIMEOUT = "timeout"  # the application holds the request and says nothing
    EXHAUSTED = "exhausted"  # the plan was walked, nobody took the call


class FallbackRung(StrEnum):
    """Who carries the call instead of the application."""

    SCRIPT = "script"
    STATIC = "static"
    DUTY = "duty"


class HandKind(StrEnum):
    """To whom a talk is handed on."""

    PHONES = "phones"
    DUTY = "duty"
    OUTSIDE = "outside"


class DeclineReason(StrEnum):
    KEY = "key"
    TIMEOUT = "timeout"
    LATE = "late"  # accepted, but another phone was quicker or the customer has gone


class OutStage(StrEnum):
    OURS = "ours"
    CUSTOMER = "customer"
    STALE = "stale"  # the request was too old, or its call id has dialled before


# --- user events --------------------------------------------------------------------------------------------
USER_EVENT: Final = "DL"


class Milestone(StrEnum):
    """Header `Kind` of a DL user event. Every one also has `CallId`."""

    ENTERED = "entered"  # Did, Caller, CallerName: the call is in the dialplan
    FALLBACK = (
        "fallback"  # Reason: FallbackReason; Rung: FallbackRung; Script: AGISTATUS of a script without a plan
    )
    STEP = "step"  # Step, StepKind, Keys
    OFFERED = "offered"  # Phone: whisper starts on the answered phone
    ACCEPTED = "accepted"  # Phone
    DECLINED = "declined"  # Phone, Reason: DeclineReason
    NOTICE = "notice"  # the outside number has answered and hears that the talk is recorded
    PAUSE = "pause"  # Phone: its person wants the recording to pause, or to go on
    RECORDING = "recording"  # File: base name without extension; once a phone has accepted
    VOICEMAIL = "voicemail"  # File, Seconds
    OUT = "out"  # Number, Keys: a call that we make begins
    MASKED = "masked"  # Number, Phone: a dealer's own telephone called our number, he gets his customer
    DIALLING = "dialling"  # on the outside channel, before it is dialled
    UNREACHED = "unreached"  # Stage: OutStage; Result: DIALSTATUS; Cause: Q.850
    HANDING = "handing"  # Way: blind, attended; Means: phone, keys, desk; From; ToKind: HandKind; To: keys or number
    BACK = "back"  # Phone: nobody took what this phone handed on, it is rung again
    CALLBACK = "callback"  # Ticket: who waited wants to be called back
    ROBOT = "robot"  # Key, Try: the customer pressed a key
    DONE = "done"  # Result: DIALSTATUS of the last dialling, empty if none; Cause: Q.850, at hang-up


class PartWay(StrEnum):
    """How somebody came to a talk that went on already."""

    AT_ONCE = "t"
    ASKED = "a"  # asked first: what was said before he was joined is no part of the customer's talk


CODEC: Final = "alaw"  # what our channels talk in wherever the other side can; see the chapter on transfers in docs/dialplan.md

# --- recordings ---------------------------------------------------------------------------------------------
# MixMonitor of the customer's channel writes, under the recordings folder:
RECORDING_CUSTOMER: Final = "{base}-in.wav"  # what we received: the customer speaks
RECORDING_OURS: Final = "{base}-out.wav"  # what we sent: our side speaks
RECORDING_DONE: Final = "{base}.done"  # marker made after both files are closed; holds the moment, epoch ms
# Who takes a talk over has his own side on his own channel, too: Asterisk with a patch for Opus, as Debian packs it, takes
# frames of a new source for late ones when their sequence numbers are lower, and leaves them out of what is translated.
RECORDING_PART: Final = "{base}-part-{ms}-{way}.wav"  # ms: epoch of its beginning; way: PartWay
VOICEMAIL_FILE: Final = "{base}-vm.wav"

# --- accounts -----------------------------------------------------------------------------------------------
PHONE_KEY: Final = "p{id}"  # endpoint, auth and aor of a phone; never its number
TRUNK_PREFIX: Final = "trunk-"  # endpoint of a trunk

# --- CEL ----------------------------------------------------------------------------------------------------
CEL_RUNG: Final = "DL-RUNG"  # user event of CEL; its extra is a FallbackRung
CEL_OUT: Final = "DL-OUT"  # a call that we make begins; its extra is the outside number
CEL_MASKED: Final = "DL-MASKED"  # its extra is <outside number>/<phone key>
CEL_DIALLING: Final = "DL-DIALLING"  # on the outside channel
CEL_HANDING: Final = "DL-HANDING"  # its extra is way/means/from/kind/to of Milestone.HANDING
CEL_ROBOT: Final = "DL-ROBOT"  # its extra is the pressed key
CEL_CALLBACK: Final = "DL-CALLBACK"  # who waited wants to be called back
CEL_BACK: Final = "DL-BACK"  # its extra is the phone key
# Columns of the CSV that the PBX keeps, all quoted, a quote doubled. event_time is epoch seconds with six decimals.
CEL_COLUMNS: Final = (
    "event_type",
    "event_time",
    "uniqueid",
    "linkedid",
    "channel",
    "context",
    "extension",
    "app",
    "app_data",
    "caller_number",
    "caller_name",
    "peer",
    "extra",  # JSON
    "call_id",  # CHANNEL(userfield)
)
