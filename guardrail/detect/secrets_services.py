"""Published key formats of messaging, mail, payment, commerce and office services.

Each row: provider, literals, shape, check. Sources: the providers' documentation
pages on authentication.
"""

from __future__ import annotations

from typing import Final

from guardrail.detect.secret_format import A62, HEX, UUID, Row, Url, cased, decoded, generated

__all__ = ["SERVICES"]


def _snowflake(value: str) -> bool:
    """Tell whether the first part of a Discord token is a user's number in base64."""
    number = decoded(value.partition(".")[0])
    return number.isdigit() and 17 <= len(number) <= 20


SERVICES: Final[tuple[Row, ...]] = (
    # api.slack.com: token types, incoming webhooks; discord.com/developers; core.telegram.org/bots
    ("Slack", "xox", r"xox[abceoprsd]-[A-Za-z0-9-]{10,512}", None),
    ("Slack", "xoxe.xox", r"xoxe\.xox[bp]-\d-[A-Za-z0-9-]{20,512}", None),
    ("Slack", "xapp-", r"xapp-\d-[A-Za-z0-9-]{20,512}", None),
    (
        "Slack webhook",
        "…hooks.slack",
        r"(?:https://)?hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[A-Za-z0-9/]{20,200}",
        None,
    ),
    (
        "Discord webhook",
        "…/api/webhooks/",
        rf"(?:https://)?(?:\w{{2,8}}\.)?discord(?:app)?\.com/api/webhooks/\d{{15,22}}/{Url}{{30,100}}",
        None,
    ),
    ("Discord", "….", rf"[MNO]{Url}{{22,27}}\.{Url}{{6}}\.{Url}{{27,40}}", _snowflake),
    ("Telegram", "…:AA", rf"\d{{8,10}}:AA{Url}{{32,35}}", None),
    (
        "Microsoft Teams webhook",
        "….webhook.office.com/",
        r"(?:https://)?[a-z0-9-]{1,60}\.webhook\.office\.com/webhookb?2?/[A-Za-z0-9@/-]{40,300}",
        None,
    ),
    (
        "Zapier webhook",
        "…hooks.zapier.com/",
        r"(?:https://)?hooks\.zapier\.com/hooks/catch/\d{3,12}/\w{4,20}",
        None,
    ),
    # Telephony and mail
    ("Twilio", "SK", f"SK{HEX}{{32}}", generated),
    ("Twilio", "AC", f"AC{HEX}{{32}}", generated),
    ("SendGrid", "SG.", rf"SG\.{Url}{{16,32}}\.{Url}{{16,64}}", None),
    ("Mailgun", "key- pubkey-", f"(?:pub)?key-{HEX}{{32}}", None),
    ("Mailgun", "…-", f"{HEX}{{32}}-{HEX}{{8}}-{HEX}{{8}}", None),
    ("Mailchimp", "…-us", rf"{HEX}{{32}}-us\d{{1,2}}", None),
    ("Brevo", "xkeysib- xsmtpsib-", f"x(?:key|smtp)sib-{HEX}{{64}}-{A62}{{16}}", None),
    ("Resend", "re_", f"re_{A62}{{6,12}}_{A62}{{20,32}}", cased),
    ("Klaviyo", "pk_", f"pk_{HEX}{{34}}", None),
    # Payment: stripe.com/docs/keys, developer.squareup.com, developer.paypal.com, and so on
    (
        "Stripe",
        "sk_live_ sk_test_ rk_live_ rk_test_ pk_live_ pk_test_ sk_org_",
        (rf"(?:[srp]k_(?:live|test)|sk_org)_(?:{A62}{{1,12}}_)?{A62}{{10,255}}"),
        cased,
    ),
    ("Stripe webhook", "whsec_", "whsec_[A-Za-z0-9+/]{24,90}={0,2}", None),
    ("Square", "sq0", f"sq0(?:atp|csp)-{Url}{{22,50}}", None),
    ("Square", "EAAA", f"EAAA{Url}{{60}}", cased),
    (
        "PayPal Braintree",
        "access_token$",
        rf"access_token\$(?:production|sandbox)\$[0-9a-z]{{16}}\${HEX}{{32}}",
        None,
    ),
    ("Razorpay", "rzp_live_ rzp_test_", f"rzp_(?:live|test)_{A62}{{14,24}}", None),
    ("Flutterwave", "FLWSECK", "FLWSECK(?:_TEST)?-[0-9a-zA-Z]{12,40}(?:-X)?", None),
    ("Mollie", "live_", f"live_{A62}{{30}}", generated),
    ("Plaid", "access-", f"access-(?:sandbox|development|production)-{UUID}", None),
    ("Shopify", "shpat_ shpss_ shpca_ shppa_ shpua_", "shp(?:at|ss|ca|pa|ua)_[0-9a-fA-F]{32}", None),
    ("EasyPost", "EZAK EZTK", f"EZ[AT]K{A62}{{54}}", None),
    ("Shippo", "shippo_live_ shippo_test_", f"shippo_(?:live|test)_{HEX}{{40}}", None),
    ("Duffel", "duffel_live_ duffel_test_", f"duffel_(?:live|test)_{Url}{{40,50}}", None),
    # Office, design, social
    ("Linear", "lin_api_ lin_oauth_", f"lin_(?:api|oauth)_{A62}{{32,64}}", None),
    ("Notion", "ntn_", f"ntn_{A62}{{40,60}}", None),
    ("Notion", "secret_", f"secret_{A62}{{43}}", cased),
    ("Airtable", "pat", rf"pat{A62}{{14}}\.{HEX}{{64}}", None),
    ("Asana", "…0/ …1/ …2/", rf"[012]/\d{{10,20}}(?:/\d{{10,20}})?:{HEX}{{32}}", None),
    ("Figma", "figd_ figo_ figu_ figoh_", f"fig(?:d|o|u|oh)_{Url}{{36,60}}", None),
    ("Typeform", "tfp_", r"tfp_[A-Za-z0-9_.=-]{40,70}", cased),
    ("Contentful", "CFPAT-", f"CFPAT-{Url}{{40,50}}", None),
    ("Frame.io", "fio-u-", r"fio-u-[A-Za-z0-9_=-]{64}", None),
    ("HubSpot", "pat-na1- pat-na2- pat-eu1- pat-ap1-", rf"pat-(?:na|eu|ap)\d-{UUID}", None),
    ("Intercom", "dG9rO", "dG9rO[A-Za-z0-9+/]{40,70}={0,2}", cased),
    ("Salesforce", "…!", rf"00D{A62}{{12,15}}![A-Za-z0-9._]{{60,140}}", cased),
    ("Dropbox", "sl.", rf"sl\.(?:u\.)?{Url}{{100,1500}}", cased),
    ("Facebook", "EAA", f"EAA{A62}{{80,300}}", cased),
    ("X", "AAAAAAAAAAAAAAAAAAAA", r"A{20,24}[A-Za-z0-9%]{30,200}", cased),
    ("Mapbox", "…k.eyJ1Ijoi", rf"[pst]k\.eyJ1Ijoi{Url}{{20,300}}\.{Url}{{20,44}}", None),
    ("Adafruit IO", "aio_", f"aio_{A62}{{28}}", cased),
    ("Okta", "…SSWS", f"(?<=SSWS )00{Url}{{38,44}}", None),
)
