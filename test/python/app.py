import aws_cdk as cdk
from aws_cdk import aws_sns as sns
from cdk_decouple.fanout import FanOut, FilterPolicy

# The same app as app.ts beside this file; scripts/python.ts compares the templates.
app = cdk.App()
stack = cdk.Stack(app, "Shop")

orders = FanOut(stack, "Orders")
orders.add_queue(
    "Billing",
    filter_policy=FilterPolicy.on_attributes({"kind": sns.SubscriptionFilter.string_filter(allowlist=["paid"])}),
)
orders.add_queue("Audit")

app.synth()
