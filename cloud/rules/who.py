"""Who somebody is, in the language of the database's rules."""

from device.contract import patient

STAFF = "root.child('staff').child(auth.uid)"
SIGNED_IN = "auth !== null"
BOX = f"{SIGNED_IN} && auth.token.role === 'box' && auth.token.device === $device"
ADMIN = f"{SIGNED_IN} && {STAFF}.child('role').val() === 'admin'"
ENGINEER = f"{SIGNED_IN} && {STAFF}.child('role').val() === 'engineer'"
CLINICIAN = f"{SIGNED_IN} && {STAFF}.child('role').val() === 'clinician'"
TECHNICAL = f"{SIGNED_IN} && {STAFF}.child('role').val().matches(/^(engineer|admin)$/)"
ANYBODY = f"{SIGNED_IN} && {STAFF}.child('role').exists()"
OWN_DEVICE = f"{CLINICIAN} && {STAFF}.child('devices').child($device).val() === true"
OWN_PERSON = f"{CLINICIAN} && {STAFF}.child('patients').child($patient).val() === true"


def own_patient(session: str) -> str:
    """That somebody is a clinician of whom a session of `$device` watched."""
    whom = f"root.child('{patient.ROOT}').child($device).child({session})"
    return f"{CLINICIAN} && {whom}.exists() && {STAFF}.child('patients').child({whom}.val()).val() === true"


def pseudonym(value: str) -> str:
    """That a text can be a pseudonym."""
    pattern = patient.PSEUDONYM.pattern.replace("(?:", "(")
    return f"{value}.matches(/^{pattern}$/) && {value}.matches(/[0-9]/)"
