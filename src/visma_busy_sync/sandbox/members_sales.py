"""Members of orders, projects, articles and the lists they point to, as the vendor describes them.

One line each: name, kind, rules. A test compares the tables with the API description. The numbers of decimals
stand in its prose (Quantity 4, DiscountPercentage 4, amounts 2); a unit price has 2 unless the customer or
the currency is foreign (see ``orders``).
"""

TABLES = """
Order
  Id uuid readonly
  Amount number decimals=2
  CustomerId uuid required
  CurrencyCode string required length=3
  CreatedUtc date-time readonly
  VatAmount number decimals=2
  RoundingsAmount number decimals=2
  DeliveredAmount number decimals=2
  DeliveredVatAmount number decimals=2
  DeliveredRoundingsAmount number decimals=2
  DeliveryCustomerName string null length=100
  DeliveryAddress1 string null length=50
  DeliveryAddress2 string null length=50
  DeliveryPostalCode string null length=10
  DeliveryCity string null length=50
  DeliveryCountryCode string null length=2
  YourReference string null length=100
  OurReference string null length=100
  BuyersOrderReference string null length=35
  InvoiceAddress1 string null length=50
  InvoiceAddress2 string null length=50
  InvoiceCity string null
  InvoiceCountryCode string null length=2
  InvoiceCustomerName string null length=50
  CustomerNumber string null readonly
  CustomerName string null readonly
  InvoicePostalCode string null length=10
  DeliveryMethodName string null length=50
  DeliveryMethodCode string null length=20
  DeliveryTermName string null length=50
  DeliveryTermId uuid null readonly
  DeliveryMethodId uuid null readonly
  DeliveryTermCode string null length=20
  TermsOfPaymentId uuid null
  EuThirdParty boolean required
  CustomerIsPrivatePerson boolean readonly
  IncludesVat boolean readonly
  OrderDate date-time required
  Status integer required least=1 most=4
  Number integer null readonly
  ModifiedUtc date-time null readonly
  DeliveryDate date-time null
  HouseWorkAmount number decimals=2
  HouseWorkAutomaticDistribution boolean
  HouseWorkCorporateIdentityNumber string null length=20
  HouseWorkPropertyName string null length=100
  SalesDocumentAttachments array of=uuid null readonly
  MessageThreads array of=uuid null readonly
  Notes array of=uuid null readonly
  Rows array of=OrderRow null
  ShippedDateTime date-time null
  RotReducedInvoicingType integer required values=0,1,2
  MaxAllowedTaxReductionAmount number readonly
  RotReducedInvoicingPercent number readonly
  RotPropertyType integer null values=1,2
  Persons array of=SalesDocumentRotRutReductionPerson null
  ReverseChargeOnConstructionServices boolean required
  UsesGreenTechnology boolean
  IsNotDelivered boolean readonly
  ContributionMargin object of=ContributionMargin
  CreatedFromQuoteId uuid null readonly
  BackgroundId uuid null readonly
OrderRow
  Id uuid readonly
  LineNumber integer required least=0 most=1000
  DeliveredQuantity number decimals=2
  ArticleId uuid null
  IsServiceArticle boolean readonly
  UnitId uuid null readonly
  ArticleNumber string null length=40
  IsTextRow boolean required
  Text string null length=2000
  UnitPrice number decimals=4
  Amount number decimals=2
  IsDiscountInFixedAmount boolean readonly
  DiscountFixedAmount number null readonly
  DiscountPercentage number least=0 most=1 decimals=4
  Quantity number decimals=4
  WorkCostType integer values=0,1,2,3,4,5,6,7,9,10,12,13,14,15,18,19,20,21,22,23,24,25,26,27,28,29
  IsWorkCost boolean required
  WorkHours number null
  MaterialCosts number null
  EligibleForReverseChargeOnVat boolean required
  VatRate number null readonly
  CostCenterItemId1 uuid null
  CostCenterItemId2 uuid null
  CostCenterItemId3 uuid null
  ProjectId uuid null
  GreenTechnologyType integer least=0 most=3
  ContributionMargin object of=ContributionMargin
  PurchasePrice number readonly
  FreightCosts number readonly
Project
  Id uuid readonly
  Number string required length=9
  Name string required length=200
  StartDate date-time required
  EndDate date-time null
  CustomerId uuid null
  CustomerName string null readonly
  Notes string null length=500
  Status integer required values=1,2
  ModifiedUtc date-time readonly
Article
  Id uuid readonly
  IsActive boolean required
  Number string required length=40
  Name string required length=50
  NameEnglish string null length=50
  NetPrice number least=0 most=99000000 decimals=2
  NetPriceWithDiscount number least=0 most=99000000
  GrossPrice number least=0 most=99000000 decimals=2
  CodingId uuid required
  CodingName string null readonly
  UnitId uuid required
  UnitName string null readonly
  UnitAbbreviation string null readonly
  StockBalance number least=-1000000000000000 most=1000000000000000
  StockBalanceManuallyChangedUtc date-time null readonly
  StockBalanceReserved number readonly
  StockBalanceAvailable number readonly
  CreatedUtc date-time readonly
  ChangedUtc date-time readonly
  HouseWorkType integer null
  PurchasePrice number least=0 most=99000000 decimals=2
  PurchasePriceManuallyChangedUtc date-time null readonly
  SendToWebshop boolean
  UsesMoss boolean
  ArticleLabels array of=ArticleLabel null
  MessageThreads array of=uuid null readonly
  Notes array of=uuid null readonly
  Note string null length=4000
  IsStock boolean
  ShowStockInformation boolean readonly
  IsServiceArticle boolean readonly
  StockLocationReference string null
  FreightCosts number least=0 most=99000000
  FreightCostsManuallyChangedUtc date-time null readonly
  UpdateStockPrices boolean
  Barcodes array of=ArticleBarcode null
  StockValue number readonly
  GreenTechnologyType integer null values=0,1,2,3
  DiscountPercentage number
  CurrencyCode string null length=3
  PurchasePriceWithCurrency number
  FreightCostWithCurrency number
  OrderingPoint number null
  SupplierId uuid null
  SupplierArticleNumber string null length=16
Unit
  Id uuid readonly
  Name string null
  Code string null
  Abbreviation string null
  AbbreviationEnglish string null
TermsOfPayment
  Id uuid readonly
  Name string null
  NameEnglish string null
  NumberOfDays integer
  TermsOfPaymentTypeId integer values=0,1,2,3,4,5
  TermsOfPaymentTypeText string null
  AvailableForSales boolean
  AvailableForPurchase boolean
ArticleAccountCoding
  Id uuid readonly
  Name string null
  NameEnglish string null
  Type string null
  VatRate string null
  IsActive boolean
  VatRatePercent number
  DomesticSalesSubjectToReversedConstructionVatAccountNumber integer null
  DomesticSalesSubjectToVatAccountNumber integer null
  DomesticSalesVatExemptAccountNumber integer null
  ForeignSalesSubjectToMossAccountNumber integer null
  ForeignSalesSubjectToThirdPartySalesAccountNumber integer null
  ForeignSalesSubjectToVatWithinEuAccountNumber integer null
  ForeignSalesVatExemptOutsideEuAccountNumber integer null
  ForeignSalesVatExemptWithinEuAccountNumber integer null
  DomesticSalesVatCodeExemptAccountNumber integer null
  ChangedUtc date-time readonly
ContributionMargin
  Amount number null
  Percentage number null
SalesDocumentRotRutReductionPerson
  Id uuid readonly
  Ssn string null length=50
  Amount number
ArticleLabel
  Id uuid readonly
  Name string required length=50
  Description string null length=400
ArticleBarcode
  Barcode string null
  BarcodeType integer
"""
