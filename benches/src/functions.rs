//! Every function of SPINE 1.3.0 with its typed struct.

use eebus_core::model::*;
use std::hint::black_box;

/// What is done with the typed struct of one function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The function.
    pub id: FunctionId,
    /// Materialises the data of a command and drops it.
    pub read: fn(CmdView<'_>),
    /// A command to send with the same filters and data, by way of the typed struct.
    pub rebuild: fn(CmdView<'_>) -> Option<Cmd>,
}

impl Function {
    const fn of<T: FunctionData>() -> Self {
        Self {
            id: T::FUNCTION,
            read: |view| drop(black_box(view.get::<T>())),
            rebuild: |view| {
                let filters = view.filters().map(FilterView::to_filter).collect();
                Some(Cmd { filters, ..Cmd::data(&view.get::<T>()?) })
            },
        }
    }

    /// The function of a command's data.
    pub fn of_data(view: CmdView<'_>) -> Option<&'static Self> {
        let (id, _) = view.data()?;
        ALL.iter().find(|function| function.id == id)
    }
}

macro_rules! all {
    ($($data:ident)*) => {
        /// Every function.
        pub static ALL: &[Function] = &[$(Function::of::<$data>()),*];
    };
}

all! {
        ActuatorLevelData ActuatorLevelDescriptionData ActuatorSwitchData ActuatorSwitchDescriptionData
        AlarmListData BillConstraintsListData BillDescriptionListData BillListData
        BindingManagementDeleteCall BindingManagementEntryListData BindingManagementRequestCall
        CommodityListData DataTunnelingCall DeviceClassificationManufacturerData
        DeviceClassificationUserData DeviceConfigurationKeyValueConstraintsListData
        DeviceConfigurationKeyValueDescriptionListData DeviceConfigurationKeyValueListData
        DeviceDiagnosisHeartbeatData DeviceDiagnosisServiceData DeviceDiagnosisStateData
        DirectControlActivityListData DirectControlDescriptionData
        ElectricalConnectionCharacteristicListData ElectricalConnectionDescriptionListData
        ElectricalConnectionParameterDescriptionListData ElectricalConnectionPermittedValueSetListData
        ElectricalConnectionStateListData HvacOperationModeDescriptionListData
        HvacOverrunDescriptionListData HvacOverrunListData HvacSystemFunctionDescriptionListData
        HvacSystemFunctionListData HvacSystemFunctionOperationModeRelationListData
        HvacSystemFunctionPowerSequenceRelationListData HvacSystemFunctionSetpointRelationListData
        IdentificationListData IncentiveDescriptionListData IncentiveListData
        IncentiveTableConstraintsData IncentiveTableData IncentiveTableDescriptionData
        LoadControlEventListData LoadControlLimitConstraintsListData LoadControlLimitDescriptionListData
        LoadControlLimitListData LoadControlNodeData LoadControlStateListData
        MeasurementConstraintsListData MeasurementDescriptionListData MeasurementListData
        MeasurementSeriesListData MeasurementThresholdRelationListData MessagingListData
        NetworkManagementAbortCall NetworkManagementAddNodeCall
        NetworkManagementDeviceDescriptionListData NetworkManagementDiscoverCall
        NetworkManagementEntityDescriptionListData NetworkManagementFeatureDescriptionListData
        NetworkManagementJoiningModeData NetworkManagementModifyNodeCall
        NetworkManagementProcessStateData NetworkManagementRemoveNodeCall
        NetworkManagementReportCandidateData NetworkManagementScanNetworkCall NodeManagementBindingData
        NodeManagementBindingDeleteCall NodeManagementBindingRequestCall
        NodeManagementDestinationListData NodeManagementDetailedDiscoveryData
        NodeManagementSubscriptionData NodeManagementSubscriptionDeleteCall
        NodeManagementSubscriptionRequestCall NodeManagementUseCaseData
        OperatingConstraintsDurationListData OperatingConstraintsInterruptListData
        OperatingConstraintsPowerDescriptionListData OperatingConstraintsPowerLevelListData
        OperatingConstraintsPowerRangeListData OperatingConstraintsResumeImplicationListData
        PowerSequenceAlternativesRelationListData PowerSequenceDescriptionListData
        PowerSequenceNodeScheduleInformationData PowerSequencePriceCalculationRequestCall
        PowerSequencePriceListData PowerSequenceScheduleConfigurationRequestCall
        PowerSequenceScheduleConstraintsListData PowerSequenceScheduleListData
        PowerSequenceSchedulePreferenceListData PowerSequenceStateListData
        PowerTimeSlotScheduleConstraintsListData PowerTimeSlotScheduleListData PowerTimeSlotValueListData
        ResultData SensingDescriptionData SensingListData SessionIdentificationListData
        SessionMeasurementRelationListData SetpointConstraintsListData SetpointDescriptionListData
        SetpointListData SmartEnergyManagementPsConfigurationRequestCall SmartEnergyManagementPsData
        SmartEnergyManagementPsPriceCalculationRequestCall SmartEnergyManagementPsPriceData
        SpecificationVersionListData StateInformationListData SubscriptionManagementDeleteCall
        SubscriptionManagementEntryListData SubscriptionManagementRequestCall
        SupplyConditionDescriptionListData SupplyConditionListData
        SupplyConditionThresholdRelationListData TariffBoundaryRelationListData TariffDescriptionListData
        TariffListData TariffOverallConstraintsData TariffTierRelationListData
        TaskManagementJobDescriptionListData TaskManagementJobListData TaskManagementJobRelationListData
        TaskManagementOverviewData ThresholdConstraintsListData ThresholdDescriptionListData
        ThresholdListData TierBoundaryDescriptionListData TierBoundaryListData TierDescriptionListData
        TierIncentiveRelationListData TierListData TimeDistributorData TimeDistributorEnquiryCall
        TimeInformationData TimePrecisionData TimeSeriesConstraintsListData TimeSeriesDescriptionListData
        TimeSeriesListData TimeTableConstraintsListData TimeTableDescriptionListData TimeTableListData
        UseCaseInformationListData
}
