// The same app as in the folders beside this one; scripts/languages.ts compares the templates.
package main

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskinesisfirehose"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3notifications"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdk-decouple/cdk-decouple-go/cdkdecouple/access"
	"github.com/cdk-decouple/cdk-decouple-go/cdkdecouple/delivery"
	"github.com/cdk-decouple/cdk-decouple-go/cdkdecouple/fanout"
	"github.com/cdk-decouple/cdk-decouple-go/cdkdecouple/queues"
	"github.com/cdk-decouple/cdk-decouple-go/cdkdecouple/workers"
)

func minutes(amount float64) awscdk.Duration { return awscdk.Duration_Minutes(&amount) }
func seconds(amount float64) awscdk.Duration { return awscdk.Duration_Seconds(&amount) }
func hours(amount float64) awscdk.Duration   { return awscdk.Duration_Hours(&amount) }
func days(amount float64) awscdk.Duration    { return awscdk.Duration_Days(&amount) }

func main() {
	defer jsii.Close()

	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), &awscdk.StackProps{
		Description: jsii.String("A shop: orders, payments, pictures and clicks"),
		Synthesizer: awscdk.NewBootstraplessSynthesizer(nil),
	})

	service := func(id string) awsiam.Role {
		return awsiam.NewRole(stack, &id, &awsiam.RoleProps{
			AssumedBy: awsiam.NewServicePrincipal(jsii.String("ecs-tasks.amazonaws.com"), nil),
		})
	}

	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	encryption := access.Encryption_CustomerManaged(key)

	// Orders: one topic, and subscribers of every kind.
	orders := fanout.NewFanOut(stack, jsii.String("Orders"), &fanout.FanOutProps{
		DisplayName:   jsii.String("Orders"),
		Encryption:    encryption,
		TracingConfig: awssns.TracingConfig_ACTIVE,
	})
	billing := orders.AddQueue(jsii.String("Billing"), &fanout.FanOutQueueProps{
		Encryption: encryption,
		DeadLetters: queues.DeadLetters_Dedicated(&queues.DedicatedDeadLetterOptions{
			MaxReceiveCount: jsii.Number(3),
			Retention:       days(10),
		}),
		FilterPolicy: fanout.FilterPolicy_OnAttributes(&map[string]awssns.SubscriptionFilter{
			"kind":  awssns.SubscriptionFilter_StringFilter(&awssns.StringConditions{Allowlist: jsii.Strings("paid", "refunded")}),
			"total": awssns.SubscriptionFilter_NumericFilter(&awssns.NumericConditions{GreaterThanOrEqualTo: jsii.Number(1)}),
		}),
	})
	country := awssns.SubscriptionFilter_StringFilter(&awssns.StringConditions{Allowlist: jsii.Strings("DE", "FR")})
	warehouse := orders.AddQueue(jsii.String("Warehouse"), &fanout.FanOutQueueProps{
		RawMessageDelivery: jsii.Bool(true),
		VisibilityTimeout:  minutes(5),
		FilterPolicy: fanout.FilterPolicy_OnBody(&map[string]awssns.FilterOrPolicy{
			"shipping": awssns.FilterOrPolicy_Policy(&map[string]awssns.FilterOrPolicy{
				"country": awssns.FilterOrPolicy_Filter(country),
				"express": awssns.FilterOrPolicy_Filter(awssns.SubscriptionFilter_ExistsFilter()),
			}),
		}),
	})
	shared := queues.NewSharedDeadLetterQueue(stack, jsii.String("SharedDeadLetters"), &queues.SharedDeadLetterQueueProps{Retention: days(12)})
	audit := orders.AddQueue(jsii.String("Audit"), &fanout.FanOutQueueProps{
		DeadLetters:             queues.DeadLetters_Shared(shared, jsii.Number(10)),
		SubscriptionDeadLetters: fanout.SubscriptionDeadLetters_Dedicated(),
		Retention:               days(10),
	})
	legacy := awssqs.NewQueue(stack, jsii.String("Legacy"), &awssqs.QueueProps{EnforceSSL: jsii.Bool(true)})
	orders.AddSubscription(fanout.NewQueueSubscription(legacy, &fanout.QueueSubscriptionProps{
		RawMessageDelivery:      jsii.Bool(true),
		SubscriptionDeadLetters: fanout.SubscriptionDeadLetters_Existing(shared),
	}))
	notifier := awslambda.NewFunction(stack, jsii.String("Notifier"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("index.handler"),
		Code:    awslambda.Code_FromInline(jsii.String("exports.handler = async () => {};")),
	})
	orders.AddSubscription(awssnssubscriptions.NewLambdaSubscription(notifier, nil))
	email := awssnssubscriptions.NewEmailSubscription(jsii.String("orders@example.com"), nil)
	orders.AddSubscription(fanout.SubscriptionDeadLetters_None(jsii.String("every order is in the audit queue")).ApplyTo(email))

	// The ledger: in order, with an archive.
	ledger := fanout.NewFifoFanOut(stack, jsii.String("Ledger"), &fanout.FifoFanOutProps{
		Deduplication:    queues.Deduplication_CONTENT_BASED,
		Throughput:       queues.FifoThroughput_STANDARD,
		ArchiveRetention: days(30),
	})
	balances := ledger.AddQueue(jsii.String("Balances"), &fanout.FifoFanOutQueueProps{VisibilityTimeout: minutes(1)})
	start := time.Date(2026, time.January, 31, 0, 0, 0, 0, time.UTC)
	statements := ledger.AddQueue(jsii.String("Statements"), &fanout.FifoFanOutQueueProps{Replay: fanout.Replay_Since(&start)})
	search := ledger.AddQueue(jsii.String("Search"), &fanout.FifoFanOutQueueProps{
		Ordering:           queues.Ordering_Standard(),
		RawMessageDelivery: jsii.Bool(true),
	})

	// Queues that AWS services send to.
	uploads := awss3.NewBucket(stack, jsii.String("Uploads"), &awss3.BucketProps{EnforceSSL: jsii.Bool(true)})
	pictures := queues.NewWorkQueue(stack, jsii.String("Pictures"), &queues.WorkQueueProps{
		VisibilityTimeout: minutes(10),
		Encryption:        encryption,
	})
	uploads.AddEventNotification(awss3.EventType_OBJECT_CREATED, awss3notifications.NewSqsDestination(pictures), &awss3.NotificationKeyFilter{
		Prefix: jsii.String("pictures/"),
	})
	reports := queues.NewWorkQueue(stack, jsii.String("Reports"), &queues.WorkQueueProps{
		DeadLetters: queues.DeadLetters_None(jsii.String("the next night brings another")),
	})
	awsevents.NewRule(stack, jsii.String("EveryNight"), &awsevents.RuleProps{
		Schedule: awsevents.Schedule_Cron(&awsevents.CronOptions{Hour: jsii.String("3"), Minute: jsii.String("0")}),
		Targets:  &[]awsevents.IRuleTarget{awseventstargets.NewSqsQueue(reports, nil)},
	})
	rejected := queues.NewWorkQueue(stack, jsii.String("RejectedProfiles"), &queues.WorkQueueProps{
		MaxMessageSize: awscdk.Size_Kibibytes(jsii.Number(64)),
	})
	rejected.AllowService(access.ServiceSource_Of(&access.CustomServiceSourceOptions{
		Service:   jsii.String("profile.amazonaws.com"),
		SourceArn: jsii.String("arn:aws:profile:eu-west-1:111122223333:domains/customers"),
	}))
	payments := queues.NewWorkQueue(stack, jsii.String("Payments"), &queues.WorkQueueProps{
		Ordering: queues.Ordering_Fifo(&queues.FifoOrderingOptions{
			Deduplication: queues.Deduplication_EXPLICIT,
			Throughput:    queues.FifoThroughput_HIGH,
		}),
		Encryption:             access.Encryption_CustomerManaged(nil),
		DataKeyReuse:           minutes(10),
		DeliveryDelay:          seconds(5),
		ReceiveMessageWaitTime: seconds(10),
	})

	// Workers, which scale from zero and by the backlog.
	vpc := awsec2.NewVpc(stack, jsii.String("Network"), &awsec2.VpcProps{
		MaxAzs:                       jsii.Number(2),
		NatGateways:                  jsii.Number(1),
		RestrictDefaultSecurityGroup: jsii.Bool(false),
	})
	resizers := workers.NewEc2Workers(stack, jsii.String("Resizers"), &workers.Ec2WorkersProps{
		Vpc:   vpc,
		Queue: pictures,
		Scaling: workers.QueueScaling_OnLatency(&workers.LatencyScalingProps{
			Acceptable:     minutes(5),
			ProcessingTime: seconds(40),
			Max:            jsii.Number(10),
			IdleTime:       minutes(30),
		}),
		InFlight: workers.InFlightProtection_LifecycleHook(&workers.TerminationHookOptions{Timeout: minutes(20)}),
		InstanceTypes: &[]awsec2.InstanceType{
			awsec2.NewInstanceType(jsii.String("c7g.large")),
			awsec2.NewInstanceType(jsii.String("m7g.large")),
		},
		Purchasing: workers.Purchasing_Spot(&workers.SpotPurchasingProps{
			OnDemandBase:       jsii.Number(1),
			OnDemandPercentage: jsii.Number(20),
		}),
		RootVolumeSize: awscdk.Size_Gibibytes(jsii.Number(30)),
		Command: workers.WorkerCommand_Shell(jsii.String("/opt/resize"), &workers.ShellCommandOptions{
			Setup:       jsii.String("dnf install -y ImageMagick"),
			Timeout:     minutes(4),
			Concurrency: jsii.Number(2),
		}),
	})
	uploads.GrantRead(resizers, nil)
	resizers.Connections().AllowInternally(awsec2.Port_Tcp(jsii.Number(9100)), nil)
	cashierScript := awsec2.UserData_ForLinux(nil)
	cashierScript.AddCommands(jsii.String("HOOK=" + *workers.InFlightProtection_HOOK_NAME() + " QUEUE_URL=" + *payments.QueueUrl() + " /opt/cashier &"))
	cashiers := workers.NewEc2Workers(stack, jsii.String("Cashiers"), &workers.Ec2WorkersProps{
		Vpc:   vpc,
		Queue: payments,
		Scaling: workers.QueueScaling_OnBacklog(&workers.BacklogScalingProps{
			BacklogPerWorker: jsii.Number(25),
			Min:              jsii.Number(1),
			Max:              jsii.Number(4),
			Cooldown:         minutes(3),
		}),
		InFlight:           workers.InFlightProtection_InstanceProtection(),
		Image:              workers.WorkerImage_AmazonLinux2023(awsec2.InstanceArchitecture_X86_64),
		DetailedMonitoring: jsii.Bool(true),
		SessionManager:     jsii.Bool(false),
		UserData:           cashierScript,
	})

	// Clicks: from a data stream to a bucket, by page and customer, in Parquet.
	accessLogs := awss3.NewBucket(stack, jsii.String("AccessLogs"), &awss3.BucketProps{EnforceSSL: jsii.Bool(true)})
	tidy := awslambda.NewFunction(stack, jsii.String("Tidy"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("index.handler"),
		Timeout: minutes(1),
		Code:    awslambda.Code_FromInline(jsii.String("exports.handler = async ({ records }) => ({ records });")),
	})
	clicks := delivery.NewFirehoseStream(stack, jsii.String("Clicks"), &delivery.FirehoseStreamProps{
		Source: delivery.KinesisSource_Create(&delivery.KinesisSourceOptions{
			Capacity:   delivery.SourceCapacity_Provisioned(jsii.Number(2)),
			Retention:  days(3),
			Encryption: encryption,
		}),
		Destination: delivery.NewS3Destination(&delivery.S3DestinationProps{
			Bucket: delivery.DeliveryBucket_Create(&delivery.DeliveryBucketOptions{
				Encryption:       encryption,
				ServerAccessLogs: delivery.ServerAccessLogs_To(accessLogs, jsii.String("clicks/")),
				LifecycleRules:   &[]*awss3.LifecycleRule{{Expiration: days(365)}},
			}),
			Backup: delivery.SourceBackup_AllRecords(&delivery.SourceBackupOptions{Compression: awskinesisfirehose.Compression_SNAPPY()}),
			Transform: &delivery.RecordTransform{
				Handler:   tidy,
				Retries:   jsii.Number(2),
				Buffering: &delivery.Buffering{Interval: seconds(90), Size: awscdk.Size_Mebibytes(jsii.Number(2))},
			},
			Partitioning: delivery.DynamicPartitioning_FromQuery(&map[string]*string{
				"page":     jsii.String(".page"),
				"customer": jsii.String(".customer"),
			}, nil),
			Conversion: delivery.RecordConversion_ToParquet(&delivery.ParquetConversionOptions{
				Schema: &delivery.GlueTableSchema{DatabaseName: jsii.String("web"), TableName: jsii.String("clicks")},
			}),
			TimeZone: awscdk.TimeZone_EUROPE_BERLIN(),
		}),
		Logging: delivery.DeliveryLogging_Create(&delivery.LogGroupOptions{Retention: awslogs.RetentionDays_ONE_WEEK}),
	})

	// Sales: put directly, and sent to an endpoint outside of AWS.
	collectorKey := awssecretsmanager.NewSecret(stack, jsii.String("CollectorKey"), &awssecretsmanager.SecretProps{
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String("{}"),
			GenerateStringKey:    jsii.String("api_key"),
		},
	})
	collector := delivery.NewHttpEndpointDestination(&delivery.HttpEndpointDestinationProps{
		Url:             jsii.String("https://collector.example.com/sales"),
		Name:            jsii.String("collector"),
		AccessKey:       collectorKey,
		Buffering:       &delivery.Buffering{Interval: seconds(30), Size: awscdk.Size_Mebibytes(jsii.Number(1))},
		ContentEncoding: delivery.HttpContentEncoding_GZIP,
		RetryDuration:   minutes(30),
		CommonAttributes: &map[string]*string{
			"site":    jsii.String("shop"),
			"country": jsii.String("DE"),
			"stage":   jsii.String("live"),
		},
		Backup: delivery.HttpEndpointBackup_AllRecords(&delivery.AllRecordsBackupOptions{
			Bucket: delivery.DeliveryBucket_Existing(uploads, nil),
			Prefix: jsii.String("sales/"),
		}),
	})
	sales := delivery.NewFirehoseStream(stack, jsii.String("Sales"), &delivery.FirehoseStreamProps{
		Source:      delivery.NewDirectPut(&delivery.DirectPutProps{Encryption: access.Encryption_CustomerManaged(nil)}),
		Destination: collector,
	})

	// The events of buckets, for queues that overlap: through EventBridge and through a topic.
	photos := awss3.NewBucket(stack, jsii.String("Photos"), &awss3.BucketProps{EnforceSSL: jsii.Bool(true)})
	photoEvents := fanout.NewBucketEventFanOut(stack, jsii.String("PhotoEvents"), &fanout.BucketEventFanOutProps{Bucket: photos})
	thumbnails := photoEvents.AddQueue(jsii.String("Thumbnails"), &fanout.BucketEventQueueProps{
		Objects: &[]*awss3.NotificationKeyFilter{
			{Prefix: jsii.String("raw/"), Suffix: jsii.String(".jpg")},
			{Prefix: jsii.String("raw/"), Suffix: jsii.String(".png")},
		},
		VisibilityTimeout: minutes(3),
	})
	catalog := queues.NewWorkQueue(stack, jsii.String("Catalog"), nil)
	photoEvents.AddExistingQueue(catalog, &fanout.BucketEventOptions{
		Events:                  &[]awss3.EventType{awss3.EventType_OBJECT_CREATED_PUT, awss3.EventType_OBJECT_REMOVED},
		SubscriptionDeadLetters: fanout.SubscriptionDeadLetters_Dedicated(),
	})
	removals := fanout.NewBucketEventFanOut(stack, jsii.String("Removals"), &fanout.BucketEventFanOutProps{
		Bucket: uploads,
		Route:  fanout.BucketEventRoute_Topic(&fanout.FanOutProps{Encryption: encryption, DisplayName: jsii.String("Removals")}),
	})
	removed := removals.AddQueue(jsii.String("Cleanup"), &fanout.BucketEventQueueProps{
		Events:  &[]awss3.EventType{awss3.EventType_OBJECT_REMOVED},
		Objects: &[]*awss3.NotificationKeyFilter{{Prefix: jsii.String("pictures/")}},
	})

	// Subscribers of the orders in stacks of their own.
	tenants := fanout.NewSubscriberStacks(stack, jsii.String("Tenants"), &fanout.SubscriberStacksProps{
		Topic:      orders,
		StackCount: jsii.Number(2),
		StackProps: &awscdk.StackProps{Synthesizer: awscdk.NewBootstraplessSynthesizer(nil)},
	})
	for _, tenant := range []string{"tenant-1", "tenant-2", "tenant-3"} {
		tenants.AddQueue(&tenant, &fanout.SubscriberQueueProps{RawMessageDelivery: jsii.Bool(true)})
	}

	// Large payloads through a bucket.
	documents := queues.NewWorkQueue(stack, jsii.String("Documents"), &queues.WorkQueueProps{
		Encryption:    encryption,
		LargePayloads: queues.LargePayloads_Dedicated(&queues.DedicatedPayloadOptions{Expiration: days(60)}),
	})
	documents.AllowService(access.ServiceSource_Bucket(accessLogs))
	contracts := queues.NewWorkQueue(stack, jsii.String("Contracts"), &queues.WorkQueueProps{
		LargePayloads: queues.LargePayloads_Existing(uploads, jsii.String("contracts/")),
	})

	// Workers of the other kinds, with their options.
	archivePassword := awssecretsmanager.NewSecret(stack, jsii.String("ArchivePassword"), nil)
	archivers := workers.NewFargateWorkers(stack, jsii.String("Archivers"), &workers.FargateWorkersProps{
		Vpc:   vpc,
		Queue: catalog,
		Command: workers.WorkerCommand_Container(
			awsecs.ContainerImage_FromRegistry(jsii.String("public.ecr.aws/shop/archiver:1"), nil),
			&workers.ContainerCommandOptions{
				Command:     jsii.Strings("archive", "--follow"),
				Environment: &map[string]*string{"LEVEL": jsii.String("info")},
				Secrets:     &map[string]awsecs.Secret{"PASSWORD": awsecs.Secret_FromSecretsManager(archivePassword, nil)},
			},
		),
		Scaling: workers.QueueScaling_OnBacklog(&workers.BacklogScalingProps{
			BacklogPerWorker: jsii.Number(50),
			Max:              jsii.Number(6),
		}),
		Cpu:          jsii.Number(1024),
		Memory:       awscdk.Size_Gibibytes(jsii.Number(4)),
		Architecture: awsecs.CpuArchitecture_X86_64(),
		Purchasing: workers.Purchasing_Spot(&workers.SpotPurchasingProps{
			OnDemandBase:       jsii.Number(1),
			OnDemandPercentage: jsii.Number(25),
		}),
		InFlight:    workers.TaskProtection_None(jsii.String("a picture can be archived twice")),
		StopTimeout: minutes(1),
	})
	photos.GrantRead(archivers, nil)
	withSize := awslambda.FilterCriteria_Filter(&map[string]interface{}{
		"body": map[string]interface{}{"size": awslambda.FilterRule_Exists()},
	})
	indexer := workers.NewFunctionWorker(stack, jsii.String("Indexer"), &workers.FunctionWorkerProps{
		Source: workers.FunctionSource_Queue(thumbnails, &workers.QueueSourceOptions{
			BatchSize:         jsii.Number(100),
			MaxBatchingWindow: seconds(20),
			Concurrency:       workers.FunctionConcurrency_Maximum(jsii.Number(5)),
			Filters:           &[]*map[string]interface{}{withSize},
		}),
		Function: workers.WorkerFunction_Create(&awslambda.FunctionProps{
			Runtime:    awslambda.Runtime_NODEJS_24_X(),
			Handler:    jsii.String("index.handler"),
			Timeout:    seconds(20),
			MemorySize: jsii.Number(256),
			Code:       awslambda.Code_FromInline(jsii.String("exports.handler = async () => ({ batchItemFailures: [] });")),
		}),
	})
	photos.GrantRead(indexer, nil)
	cleaner := workers.NewFunctionWorker(stack, jsii.String("Cleaner"), &workers.FunctionWorkerProps{
		Source: workers.FunctionSource_Queue(removed, &workers.QueueSourceOptions{
			Concurrency: workers.FunctionConcurrency_ProvisionedPollers(&workers.ProvisionedPollersOptions{
				MinimumPollers: jsii.Number(2),
				MaximumPollers: jsii.Number(20),
			}),
			ReportBatchItemFailures: jsii.Bool(false),
		}),
		Function: workers.WorkerFunction_Existing(notifier),
	})

	// The same work by workers of each kind: one line changes, which kinds.test.ts compares.
	mailScaling := workers.QueueScaling_OnLatency(&workers.LatencyScalingProps{
		Acceptable:     minutes(2),
		ProcessingTime: awscdk.Duration_Millis(jsii.Number(500)),
		Max:            jsii.Number(8),
	})
	mailCommand := workers.WorkerCommand_Container(awsecs.ContainerImage_FromRegistry(jsii.String("public.ecr.aws/shop/mailer:1"), nil), nil)
	mailFunction := workers.WorkerFunction_Create(&awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("index.handler"),
		Timeout: seconds(30),
		Code:    awslambda.Code_FromInline(jsii.String("exports.handler = async () => ({ batchItemFailures: [] });")),
	})
	mailsOnEc2 := func(scope constructs.Construct) {
		mails := queues.NewWorkQueue(scope, jsii.String("Mails"), &queues.WorkQueueProps{Encryption: encryption})
		orders.AddSubscription(fanout.NewQueueSubscription(mails, nil))
		mailers := workers.NewEc2Workers(scope, jsii.String("Mailers"), &workers.Ec2WorkersProps{Queue: mails, Vpc: vpc, Command: mailCommand, Scaling: mailScaling})
		uploads.GrantRead(mailers, nil)
	}
	mailsOnFargate := func(scope constructs.Construct) {
		mails := queues.NewWorkQueue(scope, jsii.String("Mails"), &queues.WorkQueueProps{Encryption: encryption})
		orders.AddSubscription(fanout.NewQueueSubscription(mails, nil))
		mailers := workers.NewFargateWorkers(scope, jsii.String("Mailers"), &workers.FargateWorkersProps{Queue: mails, Vpc: vpc, Command: mailCommand, Scaling: mailScaling})
		uploads.GrantRead(mailers, nil)
	}
	mailsOnLambda := func(scope constructs.Construct) {
		mails := queues.NewWorkQueue(scope, jsii.String("Mails"), &queues.WorkQueueProps{Encryption: encryption})
		orders.AddSubscription(fanout.NewQueueSubscription(mails, nil))
		mailers := workers.NewFunctionWorker(scope, jsii.String("Mailers"), &workers.FunctionWorkerProps{Source: workers.FunctionSource_Queue(mails, nil), Function: mailFunction})
		uploads.GrantRead(mailers, nil)
	}
	mailsOnEc2(constructs.NewConstruct(stack, jsii.String("MailsOnEc2")))
	mailsOnFargate(constructs.NewConstruct(stack, jsii.String("MailsOnFargate")))
	mailsOnLambda(constructs.NewConstruct(stack, jsii.String("MailsOnLambda")))

	// Requests, with durable and with temporary reply queues.
	prices := queues.NewRequestResponse(stack, jsii.String("Prices"), &queues.RequestResponseProps{
		Requests: &queues.WorkQueueProps{VisibilityTimeout: minutes(1)},
		Replies:  queues.ReplyQueues_Durable(&queues.DurableReplyQueuesOptions{Retention: hours(1)}),
	})
	storefront := prices.AddRequester(jsii.String("Storefront"), nil)
	quotes := queues.NewRequestResponse(stack, jsii.String("Quotes"), &queues.RequestResponseProps{
		Replies: queues.ReplyQueues_Temporary(&queues.TemporaryReplyQueuesOptions{
			OrphanedAfter: hours(2),
			SweepInterval: minutes(30),
			LogRetention:  awslogs.RetentionDays_ONE_WEEK,
		}),
	})

	// Who may do what.
	website := service("Website")
	orders.GrantPublish(website)
	ledger.GrantPublish(website)
	payments.GrantSendMessages(website)
	documents.GrantSendMessages(website)
	contracts.GrantSendMessages(website)
	storefront.GrantRequest(website)
	quotes.GrantRequest(website)
	clicks.GrantWrite(website)
	sales.GrantPutRecords(website)
	sales.Grant(website, jsii.String("firehose:DescribeDeliveryStream"), jsii.String("firehose:ListTagsForDeliveryStream"))
	office := service("Office")
	for _, queue := range []queues.WorkQueue{
		billing, warehouse, audit, balances, statements, search, reports, rejected, thumbnails, catalog, documents,
	} {
		queue.GrantConsumeMessages(office)
	}
	prices.GrantRespond(office)
	quotes.GrantRespond(office)
	operator := service("Operator")
	payments.GrantRedrive(operator)
	billing.GrantConsumeDeadLetters(operator)

	// Alarms, which notify a topic with a customer key.
	incidents := fanout.NewFanOut(stack, jsii.String("Incidents"), &fanout.FanOutProps{Encryption: encryption})
	incidents.AllowService(access.ServiceSource_Alarms())
	incidents.AllowService(access.ServiceSource_DatabaseEvents())
	incidents.AddQueue(jsii.String("Pager"), nil)
	alarm := func(id string, metric awscloudwatch.IMetric, threshold float64) {
		created := awscloudwatch.NewAlarm(stack, &id, &awscloudwatch.AlarmProps{
			Metric:             metric,
			Threshold:          &threshold,
			ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
			EvaluationPeriods:  jsii.Number(1),
		})
		created.AddAlarmAction(awscloudwatchactions.NewSnsAction(incidents))
	}
	alarm("BillingDeadLetters", billing.MetricDeadLetters(nil), 0)
	alarm("SharedDeadLettersAlarm", shared.MetricDeadLetters(&awscloudwatch.MetricOptions{Period: minutes(15)}), 0)
	alarm("PaymentsBacklog", payments.MetricBacklog(&awscloudwatch.MathExpressionOptions{Label: jsii.String("Payments that wait")}), 1000)
	alarm("ResizersBacklog", resizers.MetricBacklogPerWorker(nil), 30)
	alarm("CashiersInService", cashiers.MetricInServiceInstances(nil), 3)
	alarm("ArchiversRunning", archivers.MetricRunningTasks(nil), 5)
	alarm("IndexerErrors", indexer.MetricErrors(nil), 0)
	alarm("CleanerThrottles", cleaner.MetricThrottles(&awscloudwatch.MetricOptions{Label: jsii.String("Removals that wait")}), 10)
	alarm("ClicksFreshness", clicks.MetricDataFreshness(nil), 900)
	alarm("SalesFreshness", collector.MetricDataFreshness(sales, nil), 900)
	alarm("SweeperErrors", quotes.MetricSweeperErrors(nil), 0)

	app.Synth(nil)
}
