"""FastAGI: the PBX asks where a call goes, the application answers with variables and leaves."""

from callcore.asterisk.agi.protocol import AgiRequest, RouteReply
from callcore.asterisk.agi.server import AgiServer, AgiSettings, Handler

__all__ = ["AgiRequest", "AgiServer", "AgiSettings", "Handler", "RouteReply"]
