"""GStreamer's RTSP server playing recordings, so that we do not only test against ourselves.

Run by the distribution's Python, which has its bindings: ``python3 gstreamer_server.py PORT AUTH PASSWORD PATH=FILE...``.
AUTH is none, basic or digest; the user is ``viewer``. Prints the port when it listens.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 - the versions must be chosen first


def main() -> None:
    port, auth, password, *streams = sys.argv[1:]
    Gst.init(None)
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service(port)
    for stream in streams:
        path, file = stream.split("=", 1)
        codec = "h265" if "265" in path else "h264"
        factory = GstRtspServer.RTSPMediaFactory.new()
        factory.set_launch(
            f'( filesrc location="{file}" ! qtdemux ! {codec}parse ! rtp{codec}pay name=pay0 pt=96 config-interval=1 )'
        )
        factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP)
        if auth != "none":
            permissions = GstRtspServer.RTSPPermissions.new()
            for right in ("media.factory.access", "media.factory.construct"):
                permissions.add_permission_for_role("viewer", right, True)
            factory.set_permissions(permissions)
        server.get_mount_points().add_factory(path, factory)
    if auth != "none":
        guard = GstRtspServer.RTSPAuth.new()
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        if auth == "digest":
            guard.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
            guard.add_digest("viewer", password, token)
        else:
            guard.add_basic(GstRtspServer.RTSPAuth.make_basic("viewer", password), token)
        server.set_auth(guard)
    if server.attach(None) == 0:
        sys.exit(f"port {port} is taken")
    sys.stdout.write(f"{server.get_bound_port()}\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


main()
