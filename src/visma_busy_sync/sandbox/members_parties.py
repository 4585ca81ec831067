"""Members of customers and of the company settings, as the vendor describes them (see ``members_sales``)."""

TABLES = """
Customer
  Id uuid readonly
  InvoiceCity string required length=50
  InvoicePostalCode string required length=10
  GLN string null length=255
  EmailAddressOrder string null length=255
  EmailAddressQuote string null length=255
  PayToAccountId uuid null readonly
  TermsOfPayment object of=TermsOfPayment
  LastInvoiceDate date-time null readonly
  TaxDeductionNumber string null
  PropertyType integer null least=1 most=2
  PropertyReference string null length=40
  ChangedUtc date-time null readonly
  CustomerLabels array of=CustomerLabel null
  MessageThreads array of=uuid null readonly
  Notes array of=uuid null readonly
  IsFutureInvoiceDateAllowed boolean readonly
  RequiresReferenceNumber boolean readonly
  Iban string null length=35
  IsDirectDebitEnabled boolean null
  DirectDebitCustomerSettings object of=DirectDebitCustomerSettings
  DiscountAgreementId uuid null
  UnpaidInvoicesAmount number readonly
  CustomerNumber string null length=16
  CorporateIdentityNumber string null length=20
  ContactPersonEmail string null length=255
  ContactPersonMobile string null length=50
  ContactPersonName string null length=100
  ContactPersonPhone string null length=50
  CurrencyCode string null length=3
  EmailAddress string null length=255
  InvoiceAddress1 string null length=50
  InvoiceAddress2 string null length=50
  InvoiceCountryCode string null length=2
  DeliveryAddress1 string null length=50
  DeliveryAddress2 string null length=50
  DeliveryCity string null length=50
  DeliveryCountryCode string null length=2
  DeliveryPostalCode string null length=10
  DeliveryCustomerName string null length=100
  DeliveryMethodId uuid null
  DeliveryTermId uuid null
  Name string required length=50
  Note string null length=4000
  ReverseChargeOnConstructionServices boolean
  WebshopCustomerNumber integer null
  MobilePhone string null length=50
  Telephone string null length=50
  TermsOfPaymentId uuid required
  VatNumber string null length=20
  WwwAddress string null length=255
  IsPrivatePerson boolean required
  IsNorthernIreland boolean null
  DiscountPercentage number least=0 most=1 decimals=4
  IsActive boolean required
  ForceBookkeepVat boolean
  EdiGlnNumber string null length=255
  SalesDocumentLanguage string null length=2
  ElectronicAddress string null length=255
  ElectronicReference string null length=35
  EdiServiceDelivererId string null length=255
  AutoInvoiceActivationEmailSentDate date-time null
  AutoInvoiceRegistrationRequestSentDate date-time null
  EmailAddresses array of=string null
  DeliveryBasedVat boolean
  SalesPriceListId uuid null
CustomerLabel
  Id uuid readonly
  Name string required length=50
  Description string null length=400
DirectDebitCustomerSettings
  MandateId string null length=35
  MandateType integer values=1,2
  SequenceType integer values=1,2,3
  SigningDate date-time null
  EndDate date-time null
  LatestDirectDebit date-time null
  Bic string null length=11
CompanySettings
  CompanyScanningAddress object of=CompanyScanningAddress
  Name string required length=100
  Email string null length=255
  Phone string null length=20
  MobilePhone string null length=20
  Address1 string required length=40
  Address2 string null length=40
  CountryCode string required length=2
  PostalCode string required length=10
  City string required length=40
  Website string null length=255
  OurReference string null length=100
  CurrencyCode string null readonly
  TermsOfPaymentId uuid readonly
  CorporateIdentityNumber string null readonly
  PeppolId string null readonly
  VatCode string null readonly
  BankGiro string null
  PlusGiro string null
  BankAccount string null readonly
  Iban string null readonly
  AccountNumberDigits integer readonly
  AccountingLockedTo date-time readonly
  AccountingLockInterval integer readonly values=0,1,2,3,4
  TaxDeclarationDate object of=TaxDeclarationDate
  Gln string null readonly
  ProductVariant integer null readonly values=1,2,3,4,5,6
  TypeOfBusiness integer readonly values=1,2,3,4,5,6,7,9
  VatPeriod integer readonly values=1,2,3,4,5,6,7,8,9
  ActivatedModules array of=string null readonly
  CompanyText object of=CompanyTexts
  NextCustomerNumber integer readonly
  NextSupplierNumber integer readonly
  NextCustomerInvoiceNumber integer readonly
  NextQuoteNumber integer readonly
  NextOrderNumber integer readonly
  NextArticleNumber integer null readonly
  ShowPricesExclVatPC boolean readonly
  ShowContributionMargin boolean readonly
  HasProportionalVatEnabled boolean readonly
  ProportionalVatValue integer null readonly
  IsPayslipActivated boolean null readonly
  UsesCostCenter boolean readonly
  UsesProject boolean readonly
  UsesMoss boolean
  UsesPaymentReferenceNumber boolean
  UsesSupplierInvoiceEdit boolean null
  UseAdvancedMode boolean null
  DomesticCurrencyRounding integer readonly values=0,1
  AutoInvoice object of=AutoInvoice
  ApprovalSettings object of=ApprovalSettings
  UsesReverseConstructionVat boolean
  UsesRotReducedInvoicing boolean
  CompanyRotRutSettings object of=CompanyRotRutSettings
  CompanyStatus integer readonly values=0,1,2
  CompanyIdentifier string null readonly
  BankgiroNumberPrint string null
  KeepOriginalDraftDate boolean null
  UsePaymentFilesForOutgoingPayments boolean
  UseAutomaticVatCalculation boolean null
  ShowCostCenterReminder boolean readonly
  ShowProjectReminder boolean readonly
  UsesGreenTechnology boolean readonly
  CompanyGreenTechnologySettings object of=CompanyGreenTechnologySettings
  UsesVatTriangulationRules boolean
  Swish string null length=20
  CompanyEmailForUpload string null readonly
  VismaWebshopStatus integer readonly values=0,1,2,3
  UsesTransactionText boolean readonly
  FirstPaymentReminderWithoutFee boolean null
  LatePaymentFee number null least=0 most=99999
  DefaultBackgroundId uuid null
  InvoicePrintSettingsType integer readonly values=0,1,2,3
CompanyScanningAddress
  Name string null
  Address1 string null
  Address2 string null
  PostCode string null
  PostOffice string null
  Email string null
TaxDeclarationDate
  Month integer least=1 most=31
  Day integer least=1 most=12
CompanyTexts
  CustomerInvoiceTextDomestic string null length=400
  CustomerInvoiceTextForeign string null length=400
  OrderTextDomestic string null length=400
  OrderTextForeign string null length=400
  OverDueTextDomestic string null length=400
  OverDueTextForeign string null length=400
  QuoteEmailDomestic string null length=2048
  QuoteEmailForeign string null length=2048
  InvoiceEmailDomestic string null length=2048
  InvoiceEmailForeign string null length=2048
  OrderEmailDomestic string null length=2048
  OrderEmailForeign string null length=2048
  PurchaseOrderEmailDomestic string null length=2048
  PurchaseOrderEmailForeign string null length=2048
AutoInvoice
  AutoInvoiceActivationStatus integer readonly values=0,1,2
  AutoInvoiceB2CStatus integer readonly values=0,1,2
  AutoInvoiceInboundStatus integer readonly values=0,1
ApprovalSettings
  UsesSupplierInvoiceApproval boolean readonly
  UsesVatReportApproval boolean readonly
CompanyRotRutSettings
  RutMaxAmountForPersBelow65Year number least=0 most=999999
  RutMaxAmountForPersOver65Year number least=0 most=999999
  RutReducedInvoicingPercent number least=0 most=1
  RotReducedInvoicingMaxAmount number least=0 most=999999
  RotReducedInvoicingPercent number least=0 most=1
CompanyGreenTechnologySettings
  GreenTechnologyDeductionMaxAmount number readonly
  SollarCellDiscountPercentage number readonly
"""
