"""The mandates desk: the register of mandates as web pages, with accounts, review and an audit log.

Apart from the public portal on purpose: that one is open to everybody, knows no cookies and takes no writing; this one
works on an operational database, and each of its addresses states which role it needs (:mod:`.routes`).
:func:`~kyoto.portal.mandates.application.desk_app` makes the application.
"""
