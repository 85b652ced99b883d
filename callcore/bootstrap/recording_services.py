"""Recordings: the settings of the worker, the stores, and what the rooms of pages ask of them."""

from config.settings import Settings
from recordings.local_store import LocalStore
from recordings.model import FORMATS, RecordingSettings
from recordings.store import Stores


def recording_settings(settings: Settings) -> RecordingSettings:
    return RecordingSettings(
        spool_dir=settings.pbx.recordings_dir,
        store_dir=settings.recordings.store_dir,
        formats=FORMATS[settings.recordings.format],
        keep_originals=settings.recordings.keep_originals,
    )


def recording_stores(settings: Settings) -> Stores:
    """The folder, and before it the bucket where one is set up: what lies in the folder is still played from there."""
    told = settings.recordings
    local = LocalStore(told.store_dir)
    if told.store != "s3":
        return Stores(local)
    from recordings.s3_store import S3Settings, S3Store

    bucket = S3Settings(
        endpoint=told.s3_endpoint,
        bucket=told.s3_bucket,
        access_key=told.s3_access_key.get_secret_value(),
        secret_key=told.s3_secret_key.get_secret_value(),
        region=told.s3_region,
        prefix=told.s3_prefix,
        read_s=told.s3_timeout_s,
        limit_s=told.s3_timeout_s * 4,
    )
    return Stores(S3Store(bucket), (local,))
